"""Files that are whole or absent: atomic writes, receipts, hashes, names that are still free."""

import glob
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from kaggle_fkd.errors import FkdError

STALE_S = 3600
"""Temporary files older than this are left from a killed process."""


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Around writes to `path`: what the disk refuses becomes an FkdError that names it."""
    try:
        yield
    except OSError as error:
        raise FkdError(
            f"cannot write {path}: {error.strerror or error}",
            "choose a folder that can be written to, with space on its disk",
        ) from error


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`; what the block wrote there replaces `path` at its end.

    If the block raises, `path` is as it was. Raises FkdError when the disk refuses.
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        with writing_to(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            for stale in path.parent.glob(f".{glob.escape(path.stem)}.*{path.suffix}"):
                with suppress(FileNotFoundError):  # just finished, by another process
                    if time.time() - stale.stat().st_mtime > STALE_S:
                        stale.unlink()
            yield temporary
            temporary.replace(path)
    finally:
        with suppress(OSError):
            temporary.unlink()


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, atomically."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def read_json_or_empty(path: Path) -> dict[str, Any]:
    """The object in a JSON file; empty when there is no file, or another thing in it."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def sha256_of(path: Path) -> str:
    """Hex sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def free_path(path: Path) -> Path:
    """`path`, or the first of `path-2`, `path-3`, ... that does not exist (before any suffix)."""
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate


def new_folder(path: Path) -> Path:
    """A folder that this call alone has made: `path`, or `path-2`, ... if that is taken."""
    with writing_to(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            candidate = free_path(path)
            # Another process may take the name between the look and the making.
            with suppress(FileExistsError):
                candidate.mkdir()
                return candidate


@contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """An empty folder beside `path`; with what the block wrote there it replaces `path` at its end.

    If the block raises, `path` is as it was. Raises FkdError when the disk refuses.
    """
    new = path.with_name(f".{path.name}.new")
    with writing_to(path):
        _remove(new)  # what a killed process left
        new.mkdir(parents=True)
    try:
        yield new
        with writing_to(path):
            _remove(path)
            new.replace(path)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
