"""Checked tables as memory-mapped arrays, so that only the first stage parses the CSV files."""

from pathlib import Path

import numpy as np

from kaggle_fkd.competition.archive import Stamp
from kaggle_fkd.competition.tables import FaceTable
from kaggle_fkd.errors import FkdError
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import atomic_path
from kaggle_fkd.system.receipts import is_up_to_date, write_receipt

CACHE = "cache"
"""Name of the folder in DATA_DIR that holds one folder per cached table."""
FORMAT = 4
"""Increment when parsing or checking changes; older caches are then rebuilt."""
ARRAYS = ("images", "keypoints", "ids")
RECEIPT = "source.json"
"""This file of a cached table names the source and the scheme of the arrays, and their sha256."""


def load_cached(folder: Path, stamp: Stamp, scheme: str) -> FaceTable | None:
    """The table parsed from the file with this stamp, for this scheme, or None.

    The sha256 of the arrays are compared: what is damaged or changed counts as missing.
    """
    if not is_up_to_date(folder / RECEIPT, _inputs(stamp, scheme)):
        return None
    try:
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
    except (OSError, ValueError, EOFError):
        return None  # another process replaces them
    return FaceTable(**arrays)


def save_cached(folder: Path, stamp: Stamp, scheme: str, table: FaceTable) -> None:
    """Store a checked table; if the folder cannot be written to, this is logged, not raised.

    `stamp` is that of its file from before it was read.
    """
    try:
        # The receipt is deleted first and written last, so that a killed run cannot leave half a
        # cache behind.
        (folder / RECEIPT).unlink(missing_ok=True)
        files = [folder / f"{name}.npy" for name in ARRAYS]
        for name, file in zip(ARRAYS, files, strict=True):
            with atomic_path(file) as temporary:
                np.save(temporary, getattr(table, name))
        write_receipt(folder / RECEIPT, _inputs(stamp, scheme), files)
    except (FkdError, OSError) as error:
        log.info("%s is not cached, so later stages parse it again: %s", stamp[0], error)


def _inputs(stamp: Stamp, scheme: str) -> dict[str, object]:
    return {"format": FORMAT, "scheme": scheme, "source": stamp}
