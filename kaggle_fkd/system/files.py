"""Files and folders that are either complete or absent: atomic writes, hashes, free names."""

import errno
import hashlib
import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kaggle_fkd.errors import FkdError
from kaggle_fkd.system.reading import open_file, read_text_file
from kaggle_fkd.system.temporary import NEW, OLD, temporary_file, temporary_folder

if TYPE_CHECKING:
    import pandas as pd

TAKEN = (errno.EEXIST, errno.ENOTEMPTY)
"""The error of renaming a folder to the name of another one that is not empty."""


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Turn an OSError of the block, which writes to `path`, into an FkdError that names `path`.

    One that is an FkdError, too, stays what it is.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, FkdError):
            raise
        raise FkdError(
            f"cannot write {path}: {error.strerror or error}",
            "choose a folder that is writable and has free space on its disk",
        ) from error


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; the file written there replaces `path` afterwards.

    If the block raises, `path` is unchanged. The folder of `path` is created if it is missing.
    Raises FkdError if the file cannot be written.
    """
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary_file(path) as temporary:
            yield temporary
            temporary.replace(path)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically, with the same line ends on every system.

    Raises FkdError if the file cannot be written.
    """
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_table(path: Path, table: "pd.DataFrame", float_format: str | None = None) -> None:
    """Write `table` as CSV without its index, atomically; raises what `write_text` raises."""
    text = table.to_csv(index=False, float_format=float_format, lineterminator="\n")
    write_text(path, text)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, atomically.

    Raises FkdError if the file cannot be written, ValueError for NaN and infinity.
    """
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def read_json_or_empty(path: Path, kinds: Mapping[str, type] | None = None) -> dict[str, Any]:
    """The object in a JSON file; empty when the file is missing, damaged or holds another value.

    A number that a float cannot hold, which `write_json` never writes, counts as damage, and so
    does a member that is not of the type that `kinds` has for its name: an integer is a float, too.
    """
    try:
        value = json.loads(
            read_text_file(path), parse_int=_integer, parse_float=_finite, parse_constant=_finite
        )
    except (OSError, ValueError, RecursionError):  # the last: brackets nested too deeply
        return {}
    return value if isinstance(value, dict) and _fits(value, kinds or {}) else {}


def texts_in(value: object) -> list[str]:
    """The texts of a list that was read from JSON; empty for anything else."""
    return [str(each) for each in value] if isinstance(value, list) else []


def _fits(value: Mapping[str, Any], kinds: Mapping[str, type]) -> bool:
    return all(
        isinstance(value[name], int | float if kind is float else kind)
        for name, kind in kinds.items()
        if name in value
    )


def _integer(text: str) -> int:
    _finite(text)
    return int(text)


def _finite(text: str) -> float:
    """The number; raises ValueError for one that a float cannot hold, as NaN and infinity."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is not a finite number")
    return number


def sha256_of(path: Path) -> str:
    """Hex sha256 of a regular file's bytes; raises what `open_file` raises."""
    with open_file(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def free_path(path: Path) -> Path:
    """`path`, or the first of `path-2`, `path-3`, ... that is free (numbered before its suffix)."""
    candidate, number = path, 1
    while os.path.lexists(candidate):  # exists() would take a broken link for a free name
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate


def new_folder(path: Path, fill: Callable[[Path], None]) -> Path:
    """A folder that this call, and no other process, has created: `path`, or `path-2`, ...

    `fill` writes its contents; the folder has its name when that is done. Raises FkdError if it
    cannot be written, and what `fill` raises.
    """
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary_folder(path) as temporary:
            new = temporary / NEW
            new.mkdir()
            fill(new)
            while True:
                candidate = free_path(path)
                try:
                    return new.rename(candidate)
                except OSError as error:
                    if error.errno not in TAKEN:
                        raise
                    # Another process has taken the name after free_path had looked.


@contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder that replaces `path` when the block ends.

    Until the new folder has its name, the old one is not deleted: if the block raises, `path` is
    unchanged, and a killed process leaves at least one of them complete, if not at `path`, then
    where `remove_leftovers` finds it. Of two processes, the last to finish wins. Raises FkdError
    if the folder cannot be written.
    """
    with ExitStack() as stack:
        with writing_to(path):
            # One question: between two, another process may have moved the folder away.
            if path.is_file():
                raise NotADirectoryError("a file has this name")
            path.parent.mkdir(parents=True, exist_ok=True)
            new = stack.enter_context(temporary_folder(path)) / NEW
            new.mkdir()
        yield new
        with writing_to(path):
            _put_in_place(new, path)


def _put_in_place(new: Path, path: Path) -> None:
    """Rename the folder `new` to `path`.

    An existing folder is renamed first, and restored on failure.
    """
    aside = free_path(new.with_name(OLD))
    try:
        with suppress(FileNotFoundError):
            path.rename(aside)
        new.rename(path)
    except BaseException as error:  # Ctrl-C, too, must not lose the old folder
        if isinstance(error, OSError) and error.errno in TAKEN:
            # Another process has put its folder there since the old one was renamed; by now it
            # may have moved it away again.
            return _put_in_place(new, path)
        if not os.path.lexists(path) and os.path.lexists(aside):
            aside.rename(path)
        raise
