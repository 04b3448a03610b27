"""Temporary files and folders: hidden, beside what they replace, and locked by who writes them.

A killed process leaves them without a lock, so the next call of the program can tell them from
those that are being written.
"""

import errno
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

STALE_S = 3600
"""Where a file system has no locks, leftovers are those that are so many seconds old."""
DEPTH = 2
"""Levels of folders below a given one in which the program writes: RUNS_DIR/run/member."""
MAX_NAME_LENGTH = 255
"""Bytes of the longest name that file systems have."""
NEW, OLD = "new", "old"
"""What a temporary folder holds: the folder to come, and the one that it replaces."""
_NAME = re.compile(r"\.(?P<stem>.+)\.fkd-[0-9a-f]{8}(?P<suffix>\.[^.]+)?(\.lock)?")
_BUSY = (errno.EACCES, errno.EAGAIN)
"""The error of a lock that another process holds."""


def temporary_beside(path: Path) -> Path:
    """A hidden name beside `path` that nobody else writes to."""
    return path.with_name(f".{path.stem}.fkd-{secrets.token_hex(4)}{path.suffix}")


@contextmanager
def temporary_file(path: Path) -> Iterator[Path]:
    """Yield an empty file beside `path`, which is locked; removed at the end if it is still there.

    Raises OSError.
    """
    temporary = temporary_beside(path)
    excess = len(os.fsencode(temporary.name)) - MAX_NAME_LENGTH
    if excess > 0:  # although the name of the file itself may fit
        stem = path.stem.encode(errors="surrogateescape")[:-excess].decode(errors="ignore")
        temporary = temporary_beside(path.with_name(stem + path.suffix))
    with _locked(temporary):
        yield temporary


@contextmanager
def temporary_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside `path`, with a locked file beside it; both are removed at the
    end.

    Raises OSError.
    """
    temporary = temporary_beside(path)
    with _locked(_lock_of(temporary)):
        try:
            temporary.mkdir()
            yield temporary
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def remove_leftovers(folder: Path, depth: int = DEPTH) -> None:
    """Remove what killed processes left in a folder and, `depth` levels deep, in those in it.

    Of a folder whose replacement was interrupted between its two renames, the new one is put in
    place. What cannot be removed stays.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in list(entries):
            if _NAME.fullmatch(entry.name):
                _remove(Path(entry.path))
            elif depth and entry.is_dir(follow_symlinks=False):
                remove_leftovers(Path(entry.path), depth - 1)


def _remove(left: Path) -> None:
    """Remove a leftover, unless somebody writes to it."""
    with suppress(OSError):
        if not left.is_dir():
            if _is_abandoned(left):
                left.unlink()
        # The lock of a folder is there before it and after it.
        elif not _lock_of(left).exists() or _is_abandoned(_lock_of(left)):
            _put_new_in_place(left)
            shutil.rmtree(left)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _is_abandoned(file: Path) -> bool:
    """Whether nobody has locked the file or, where there are no locks, it is old."""
    descriptor = os.open(file, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    try:
        free = _lock(descriptor)
        age = time.time() - os.fstat(descriptor).st_mtime
        return age > STALE_S if free is None else free
    finally:
        os.close(descriptor)


def _put_new_in_place(left: Path) -> None:
    """Give the new folder its name, if the old one was moved away: then the new one is complete."""
    name = _NAME.fullmatch(left.name)
    target = left.with_name(f"{name['stem']}{name['suffix'] or ''}") if name else left
    if (left / OLD).exists() and (left / NEW).exists() and not os.path.lexists(target):
        (left / NEW).rename(target)


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Create the file, lock it in the block, and remove it at the end.

    Raises OSError. Where there are no locks, it is created all the same.
    """
    descriptor = _open_locked(file)
    if fcntl is None:  # Windows renames and removes no open file
        os.close(descriptor)
    try:
        yield
    finally:
        with suppress(OSError):
            file.unlink()
        if fcntl is not None:
            os.close(descriptor)


def _open_locked(file: Path) -> int:
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        # Another process may have taken it for a leftover before it was locked.
        if _lock(descriptor) is not False and _is_open_as(file, descriptor):
            return descriptor
        os.close(descriptor)
        with suppress(OSError):
            file.unlink()


def _lock(descriptor: int) -> bool | None:
    """Lock an open file: whether nobody else holds the lock; None where there are no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in _BUSY else None
    return True


def _is_open_as(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
