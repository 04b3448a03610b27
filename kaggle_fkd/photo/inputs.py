"""Process pictures and videos one by one; a failure does not stop the others."""

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

from kaggle_fkd.errors import PictureError, UsageError, describe_failure
from kaggle_fkd.imaging.picture import ASTRONAUT
from kaggle_fkd.photo.input_files import PICTURES, files_of, is_folder_of
from kaggle_fkd.photo.video.frames import VIDEO_SUFFIXES
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.system.files import writing_to
from kaggle_fkd.system.text import count_of

MAX_NAME_LENGTH = 200
"""Bytes; file systems allow 255, of which the endings of the results need some."""

Record = dict[str, Any]
"""The JSON record of one input."""


def process_inputs(
    inputs: Sequence[str],
    folder: Path,
    work: Callable[[Path, str], Record],
    videos: bool = False,
    reserved: Collection[str] = (),
) -> tuple[list[Record], PictureError | None]:
    """Call `work(path, name)` for every picture and video; return its records, and the failure.

    `inputs` stand for files, as `files_of` finds them: pictures, and the `videos`. `name` is unique
    among the inputs, and none of the `reserved` names: the files that `work` writes into `folder`
    begin with it. The folder is created first: FkdError if that is impossible, UsageError if it is
    one of the inputs or has one. A picture in it that a list or a link leads to fails. An input
    that fails is reported in one line, its record contains the error, and the rest are still
    processed; the second result then says how many failed, and is None otherwise.
    """
    if any(is_folder_of(text, folder) for text in inputs):
        raise UsageError(
            f"{folder} is one of the inputs, or has one: results could replace files beside the "
            "pictures, and be inputs next time",
            "choose another output folder",
        )
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
    records, results = list[Record](), folder.resolve()
    for each in progress(_files(inputs, folder, videos, reserved), "inputs"):
        try:
            if each.error:
                raise each.error
            if each.is_in(results):
                raise PictureError(
                    f"{each.given} is in the output folder {folder}: results could replace files "
                    "beside it",
                    "choose another output folder",
                )
            records.append(work(each.path, each.name))
        # Whatever is wrong with one picture, the results of the others must not be lost.
        except Exception as error:
            said = describe_failure(each.given, error)
            records.append({"input": each.given, "error": said})
            log.error("%s", said)
    return records, _failure(records)


@dataclass(frozen=True)
class _Input:
    """A picture or video, or an input that leads to none."""

    given: str
    """The file's path, or the input itself if it leads to no file."""
    name: str = ""
    """Unique among the inputs: the file's stem, shortened and numbered if necessary."""
    error: PictureError | None = None
    """Why there is no file."""

    @property
    def path(self) -> Path:
        """Its path. That of a file which is called as the example, as ./astronaut, is absolute."""
        path = Path(self.given)
        is_file = self.given != ASTRONAUT and path == Path(ASTRONAUT)
        return path.absolute() if is_file else path

    def is_in(self, folder: Path) -> bool:
        """Whether it, or what it is a link to, is in the folder, whose path has no links."""
        path = self.path
        return self.given != ASTRONAUT and folder in (path.parent.resolve(), path.resolve().parent)


def _files(
    inputs: Sequence[str], results: Path, videos: bool, reserved: Collection[str]
) -> list[_Input]:
    suffixes = (*PICTURES, *(VIDEO_SUFFIXES if videos else ()))
    found: list[_Input] = []
    taken = set(reserved)
    for text in inputs:
        try:
            files = list(files_of(text, suffixes, results))
        except PictureError as error:
            found.append(_Input(text, error=error))
            continue
        for file in files:
            stem = _shortened(Path(file).stem)
            numbered = (f"{stem}-{number}" for number in count(2))
            name = next(name for name in chain([stem], numbered) if name not in taken)
            taken.add(name)
            found.append(_Input(file, name))
    return found


def _shortened(name: str) -> str:
    encoded = os.fsencode(name)
    if len(encoded) <= MAX_NAME_LENGTH:
        return name
    return encoded[:MAX_NAME_LENGTH].decode(errors="ignore")  # perhaps less by half a character


def _failure(records: Sequence[Record]) -> PictureError | None:
    failed = sum("error" in record for record in records)
    if not failed:
        return None
    return PictureError(
        f"{failed} of {count_of(len(records), 'input')} failed", "see the messages above"
    )
