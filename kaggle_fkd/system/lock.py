"""A lock for which processes wait, one after the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import writing_to


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the lock `file` within the block; wait while another call holds it.

    The file stays afterwards. Raises FkdError if it cannot be written.
    """
    with writing_to(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(file, blocking=False)
        try:
            held = lock.acquire()
        except Timeout:
            log.info("waiting for another call, which holds %s", file)
            held = lock.acquire(blocking=True)
    with held:
        yield
