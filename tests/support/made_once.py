"""Folders that several processes of pytest-xdist use, and that one of them makes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock


@contextmanager
def made_once(factory: pytest.TempPathFactory, name: str) -> Iterator[tuple[Path, bool]]:
    """A folder, and whether to make its contents in the block; other processes wait for that.

    If the block fails, the next process fails, too: it finds the folder half made.
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # of all processes
    folder = base / f"shared-{name}"
    with FileLock(base / f"{folder.name}.lock"):
        to_make = not folder.exists()
        folder.mkdir(exist_ok=True)
        yield folder, to_make
