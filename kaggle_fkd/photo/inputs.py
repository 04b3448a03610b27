"""Process pictures and videos one by one; a failure does not stop the others."""

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Any

from kaggle_fkd.errors import FkdError, MissingPictureError, PictureError, UsageError
from kaggle_fkd.imaging.picture import (
    ASTRONAUT,
    HEIC_SUFFIXES,
    PICTURE_SUFFIXES,
    refuse_address,
    unreadable,
)
from kaggle_fkd.photo.video.frames import VIDEO_SUFFIXES
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.system.files import writing_to
from kaggle_fkd.system.text import count_of

SIGNS = "*?["
"""What makes a path a pattern."""
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

    `inputs` are files, patterns such as `*.jpg`, and folders for all the pictures in them, and the
    `videos`, at any depth. `name` is unique among the inputs, and none of the `reserved` names: the
    files that `work` writes into `folder` begin with it. The folder is created first: FkdError if
    that is impossible, UsageError if it is one of the inputs. An input that fails is reported in
    one line, its record contains the error, and the rest are still processed; the second result
    then says how many failed, and is None otherwise.
    """
    if any(_same_place(_written_out(Path(text)), folder) for text in inputs):
        raise UsageError(
            f"{folder} is one of the inputs, so that the results would be inputs next time",
            "choose another output folder",
        )
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
    records: list[Record] = []
    for each in progress(_files(inputs, folder, videos, reserved), "inputs"):
        try:
            if each.error:
                raise each.error
            records.append(work(Path(each.given), each.name))
        # Whatever is wrong with one picture, the results of the others must not be lost.
        except Exception as error:
            known, kind = isinstance(error, FkdError), type(error).__name__
            said = str(error) if known else f"{each.given}: unexpected {kind}: {error}"
            records.append({"input": each.given, "error": said})
            log.error("%s", said)
    return records, _failure(records)


@dataclass(frozen=True)
class _Input:
    """A picture or video, or an input that leads to none."""

    given: str
    """The file's path, or the input itself if it leads to no file."""
    name: str = ""
    """Unique among the inputs: the file's stem, numbered if necessary."""
    error: PictureError | None = None
    """Why there is no file."""


def _files(
    inputs: Sequence[str], results: Path, videos: bool, reserved: Collection[str]
) -> list[_Input]:
    suffixes = (*PICTURE_SUFFIXES, *HEIC_SUFFIXES, *(VIDEO_SUFFIXES if videos else ()))
    found: list[_Input] = []
    taken = set(reserved)
    for text in inputs:
        try:
            paths = files_of(text, suffixes, results)
        except PictureError as error:
            found.append(_Input(text, error=error))
            continue
        for path in paths:
            numbered = (f"{path.stem}-{number}" for number in count(2))
            name = next(name for name in chain([path.stem], numbered) if name not in taken)
            taken.add(name)
            found.append(_Input(str(path), name))
    return found


def files_of(text: str, suffixes: Sequence[str], results: Path) -> list[Path]:
    """The files that an input stands for: itself, those of a pattern, or those of a folder.

    Files of a folder and of those in it, and of a pattern, are recognised by their suffix; hidden
    ones (".name", "._name") are left out, and so are those in the folder of the `results`, if it is
    inside the input. Raises MissingPictureError if there is no such file or folder, PictureError
    for a folder or a pattern without any.
    """
    path = Path(text)
    if text == ASTRONAUT:
        return [path]
    refuse_address(text)
    try:
        if path.is_dir():
            return _files_in(path, suffixes, results)
        path.stat()
        return [path]
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        if not any(sign in text for sign in SIGNS):
            raise unreadable(path, error) from error
        return _matching(path, suffixes, results)


def _matching(pattern: Path, suffixes: Sequence[str], results: Path) -> list[Path]:
    """The files of a pattern such as `holiday/*.jpg`, which not every shell expands.

    A folder that matches stands for its files.
    """
    folder = _written_out(pattern)
    try:
        matching = list(folder.glob(str(pattern.relative_to(folder))))
        inside = [file for match in matching if match.is_dir() for file in match.rglob("*")]
        found = _usable({*matching, *inside}, folder, suffixes, results)
    except (OSError, ValueError) as error:
        raise PictureError(f"{pattern}: cannot be searched ({error})", "name the files") from error
    if not found:
        raise MissingPictureError(f"{pattern}: no picture matches", "check the pattern")
    return found


def _files_in(folder: Path, suffixes: Sequence[str], results: Path) -> list[Path]:
    found = _usable(folder.rglob("*"), folder, suffixes, results)
    if not found:
        raise PictureError(
            f"{folder} does not contain a picture",
            f"give a folder with files that end in {', '.join(suffixes)}",
        )
    return found


def _usable(
    files: Iterable[Path], folder: Path, suffixes: Sequence[str], results: Path
) -> list[Path]:
    """Those of the files in the folder that are pictures, neither hidden nor results, sorted."""
    left_out = results.resolve()
    may_hold_results = left_out != folder.resolve() and left_out.is_relative_to(folder.resolve())
    return [
        file
        for file in sorted(files)
        if file.suffix.lower() in suffixes
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
        and not (may_hold_results and file.resolve().is_relative_to(left_out))
        and file.is_file()
    ]


def _written_out(path: Path) -> Path:
    """The path itself, or, of a pattern, the folder in which it is looked for.

    Parts that exist are names, even with the signs of a pattern: My[1].
    """
    folder = Path()
    for part in path.parts:
        if any(sign in part for sign in SIGNS) and not os.path.lexists(folder / part):
            return folder
        folder /= part
    return folder


def _same_place(path: Path, folder: Path) -> bool:
    try:
        return path.resolve() == folder.resolve()
    except (OSError, ValueError):  # a zero byte in the name, a loop of links
        return False


def _failure(records: Sequence[Record]) -> PictureError | None:
    failed = sum("error" in record for record in records)
    if not failed:
        return None
    return PictureError(
        f"{failed} of {count_of(len(records), 'input')} failed", "see the messages above"
    )
