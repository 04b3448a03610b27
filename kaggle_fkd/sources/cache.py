"""The uint8 cache: a parsed CSV as `.npy` files that the next run maps into memory in 0.01 s."""

from pathlib import Path

import numpy as np

from kaggle_fkd.errors import FkdError
from kaggle_fkd.sources.archive import SourceFile
from kaggle_fkd.sources.tables import FaceTable
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import atomic_path, read_receipt, write_json

FORMAT = 1
"""Raised when parsing or checking changes, so that older caches are made anew."""
ARRAYS = ("images", "keypoints", "ids")
RECEIPT = "source.json"


def load(folder: Path, file: SourceFile, scheme: str) -> FaceTable | None:
    """The table parsed from exactly this file (same place, size and mtime) and scheme, or None."""
    if read_receipt(folder / RECEIPT) != _receipt(file, scheme):
        return None
    try:
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
    except (OSError, ValueError, EOFError):
        return None  # damaged: the source is read again
    return FaceTable(**arrays)


def save(folder: Path, file: SourceFile, scheme: str, table: FaceTable) -> None:
    """Keep a checked table; a folder that cannot be written to costs a notice, not the run."""
    try:
        # The receipt goes first and comes last, so that a killed run leaves no half cache.
        (folder / RECEIPT).unlink(missing_ok=True)
        for name in ARRAYS:
            with atomic_path(folder / f"{name}.npy") as temporary:
                np.save(temporary, getattr(table, name))
        write_json(folder / RECEIPT, _receipt(file, scheme))
    except (FkdError, OSError) as error:
        log.info("%s is not cached, so later stages read it anew: %s", file.name, error)


def _receipt(file: SourceFile, scheme: str) -> dict[str, object]:
    return {"format": FORMAT, "scheme": scheme, "source": file.stamp()}
