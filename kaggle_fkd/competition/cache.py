"""Checked tables as memory-mapped arrays, so that only the first stage parses the CSV files."""

from pathlib import Path

import numpy as np

from kaggle_fkd.competition.archive import SourceFile
from kaggle_fkd.competition.tables import FaceTable
from kaggle_fkd.errors import FkdError
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import atomic_path, read_json_or_empty, write_json

CACHE = "cache"
"""Name of the folder in DATA_DIR that holds one folder per cached table."""
FORMAT = 2
"""Increment when parsing or checking changes; older caches are then rebuilt."""
ARRAYS = ("images", "keypoints", "ids")
RECEIPT = "source.json"
"""This file of a cached table names the source and the scheme of the arrays."""


def load_cached(folder: Path, file: SourceFile, scheme: str) -> FaceTable | None:
    """The table parsed from exactly this file (same path, size and time) and scheme, or None."""
    if read_json_or_empty(folder / RECEIPT) != _receipt(file, scheme):
        return None
    try:
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
    except (OSError, ValueError, EOFError):
        return None  # damaged: the source is read again
    return FaceTable(**arrays)


def save_cached(folder: Path, file: SourceFile, scheme: str, table: FaceTable) -> None:
    """Store a checked table; if the folder cannot be written to, this is logged, not raised."""
    try:
        # The receipt is deleted first and written last, so that a killed run cannot leave half a
        # cache behind.
        (folder / RECEIPT).unlink(missing_ok=True)
        for name in ARRAYS:
            with atomic_path(folder / f"{name}.npy") as temporary:
                np.save(temporary, getattr(table, name))
        write_json(folder / RECEIPT, _receipt(file, scheme))
    except (FkdError, OSError) as error:
        log.info("%s is not cached, so later stages parse it again: %s", file.name, error)


def _receipt(file: SourceFile, scheme: str) -> dict[str, object]:
    return {"format": FORMAT, "scheme": scheme, "source": file.stamp()}
