"""The files that inputs stand for: folders, patterns such as `holiday/*.jpg`, and lists."""

import io
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kaggle_fkd.errors import MissingPictureError, PictureError
from kaggle_fkd.imaging.picture import (
    ASTRONAUT,
    HEIC_SUFFIXES,
    PICTURE_SUFFIXES,
    refuse_address,
    unreadable,
)
from kaggle_fkd.system.console import log
from kaggle_fkd.system.reading import open_file

PICTURES = (*PICTURE_SUFFIXES, *HEIC_SUFFIXES)
"""What the names of pictures end in."""
LIST_SUFFIX = ".txt"
"""What the name of a list of pictures ends in."""
SIGNS = "*?["
"""What makes a path a pattern."""


def files_of(text: str, suffixes: Sequence[str], results: Path | None = None) -> Iterator[str]:
    """The files that an input stands for: itself, those of a folder, of a pattern, or in a list.

    Files of a folder and of those in it, and of a pattern, are recognised by their suffix; hidden
    ones (".name", "._name") are left out, and so are those in the folder of the `results`, if it is
    inside the input. A list is a text file (`LIST_SUFFIX`) with a path on each line; its files are
    not looked for. Of a folder, the names in one folder are in memory at a time, and of a list one
    line. Raises MissingPictureError if there is no such file or folder, PictureError for a folder,
    a pattern or a list without any.
    """
    if not text.strip():
        raise PictureError("the name of an input is empty", "leave it out")
    path = Path(text)
    if text == ASTRONAUT:
        yield text
        return
    refuse_address(text)
    try:
        folder = path.is_dir()
        path.stat()
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        if not any(sign in text for sign in SIGNS):
            raise unreadable(path, error) from error
        yield from _matching(path, suffixes, results)
        return
    if folder:
        yield from _files_in(path, suffixes, results)
    elif path.suffix.lower() == LIST_SUFFIX:
        yield from _listed(path)
    else:
        yield text


def is_folder_of(text: str, folder: Path) -> bool:
    """Whether the input is that folder, or a pattern or a picture in it."""
    try:
        path = _written_out(Path(text)).resolve()
        return folder.resolve() == (path.parent if path.is_file() else path)
    except (OSError, ValueError):  # a zero byte in the name, a loop of links
        return False


def _listed(path: Path) -> Iterator[str]:
    """The paths in a list as they are written there, without blank lines."""
    empty = True
    try:
        # Names that are not UTF-8 are read as those of files are.
        with io.TextIOWrapper(open_file(path), "utf-8-sig", "surrogateescape") as lines:
            for line in lines:
                if line.strip():
                    empty = False
                    yield line.rstrip("\n")
    except OSError as error:
        raise unreadable(path, error) from error
    if empty:
        raise PictureError(
            f"{path} does not list a picture", "write the path of a picture on each line"
        )


def _matching(pattern: Path, suffixes: Sequence[str], results: Path | None) -> list[str]:
    """The files of a pattern such as `holiday/*.jpg`, which not every shell expands.

    A folder that matches stands for its files.
    """
    folder = _written_out(pattern)
    usable = _usable(folder, suffixes, results)
    try:
        matching = list(folder.glob(str(pattern.relative_to(folder))))
        inside = [file for match in matching if match.is_dir() for file in _walk(match)]
        found = [
            str(file) for file in sorted({*matching, *inside}) if usable(file) and file.is_file()
        ]
    except (OSError, ValueError) as error:
        raise PictureError(f"{pattern}: cannot be searched ({error})", "name the files") from error
    if not found:
        raise MissingPictureError(f"{pattern}: no picture matches", "check the pattern")
    return found


def _files_in(folder: Path, suffixes: Sequence[str], results: Path | None) -> Iterator[str]:
    empty, usable = True, _usable(folder, suffixes, results)
    for file in filter(usable, _walk(folder)):
        empty = False
        yield str(file)
    if empty:
        raise PictureError(
            f"{folder} does not contain a picture",
            f"give a folder with files that end in {', '.join(suffixes)}",
        )


def _walk(folder: Path, above: frozenset[tuple[int, int]] = frozenset()) -> Iterator[Path]:
    """The files in a folder and in those below it, in the order of their paths; no hidden ones.

    Links are followed, except one to a folder that it is in: `above` are the numbers of those.
    """
    names, folders = list[str](), set[str]()
    try:
        status = folder.stat()
        if (here := (status.st_dev, status.st_ino)) in above:
            return
        above = above | {here}
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                try:
                    if entry.is_dir():
                        folders.add(entry.name)
                    elif not entry.is_file():
                        continue
                except OSError as error:  # a link to itself, or into a forbidden folder
                    _warn_of_unreadable(Path(entry.path), error)
                    continue
                names.append(entry.name)
    except OSError as error:
        _warn_of_unreadable(folder, error)
    names.sort()
    for name in names:
        if name in folders:
            yield from _walk(folder / name, above)
        else:
            yield folder / name


def _warn_of_unreadable(path: Path, error: OSError) -> None:
    log.warning("%s: left out, as it cannot be read (%s)", path, error.strerror or error)


def _usable(folder: Path, suffixes: Sequence[str], results: Path | None) -> Callable[[Path], bool]:
    """Whether a file in the folder is a picture, neither hidden nor one of the results."""
    left_out = results.resolve() if results else None
    if left_out and folder.resolve() not in left_out.parents:
        left_out = None
    if left_out and any(_walk(left_out)):
        log.info("%s: its files are left out, as results are written there", results)
    return lambda file: (
        file.suffix.lower() in suffixes
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
        and not (left_out and left_out in file.resolve().parents)
    )


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
