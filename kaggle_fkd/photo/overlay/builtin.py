"""The filters that come with the package: `filters/NAME.png` and `filters/NAME.json`.

This module imports nothing heavy, so that a list of the names is quick. `tools/draw_filters.py`
drew the files.
"""

from pathlib import Path

FOLDER = Path(__file__).resolve().with_name("filters")
"""Where the files are."""


def filter_names() -> tuple[str, ...]:
    """The names of the package's filters, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.png")))
