"""The inputs of a stage that works on pictures: one after the other, whatever becomes of each."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from kaggle_fkd.errors import FkdError, PictureError, UsageError
from kaggle_fkd.imaging.picture import pictures_in
from kaggle_fkd.system.console import announce, progress
from kaggle_fkd.system.files import writing_to

Record = dict[str, Any]
"""What JSON says of one input."""


def process_inputs(
    inputs: Sequence[str], folder: Path, work: Callable[[Path, str], Record]
) -> tuple[list[Record], PictureError | None]:
    """Do `work` on every picture and video, as `work(path, name)`; its records.

    `folder` is where it writes, made before anything else: FkdError where that cannot be. Folders
    among the inputs stand for the pictures in them; UsageError when `folder` is one. The name is
    what files made of that one are to be called. One that cannot be worked on costs a line, and
    the others go on: its record has the error, and what is returned as second says how many they
    were.
    """
    if any(Path(text).resolve() == folder.resolve() for text in inputs):
        raise UsageError(
            f"{folder}: the inputs are there, and what is made of them would be inputs next time",
            "name another folder: --output",
        )
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
    records: list[Record] = []
    failed = 0
    for name, path in progress(_named(inputs), "photographs"):
        try:
            if isinstance(path, FkdError):
                raise path
            records.append(work(path, name))
        # Whatever is wrong with one picture, those done before it must not be lost.
        except Exception as error:
            failed += 1
            given = name if isinstance(path, FkdError) else str(path)
            known = isinstance(error, FkdError)
            said = str(error) if known else f"{given}: unexpected {type(error).__name__}: {error}"
            records.append({"input": given, "error": said})
            announce(f"error: {said}")
    if not failed:
        return records, None
    return records, PictureError(
        f"{failed} of {len(records)} inputs failed", "see above; the others are done"
    )


def _named(inputs: Sequence[str]) -> list[tuple[str, Path | FkdError]]:
    """Each file with a name of its own for what is made of it: its stem, numbered if need be."""
    taken: set[str] = set()
    named: list[tuple[str, Path | FkdError]] = []
    for each in _files(inputs):
        if isinstance(each, tuple):
            named.append(each)
            continue
        name, number = each.stem, 1
        while name in taken:
            number += 1
            name = f"{each.stem}-{number}"
        taken.add(name)
        named.append((name, each))
    return named


def _files(inputs: Sequence[str]) -> Iterator[Path | tuple[str, FkdError]]:
    """The files that the inputs stand for; an input that stands for none, and why."""
    for text in inputs:
        try:
            yield from pictures_in(Path(text))
        except PictureError as error:
            yield text, error
