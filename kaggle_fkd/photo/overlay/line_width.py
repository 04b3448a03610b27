"""The factor on the widths of lines and keypoints that are drawn."""

from kaggle_fkd.errors import UsageError

LEAST, MOST = 0.1, 5.0


def check_line_width(factor: float, name: str) -> None:
    """UsageError for a factor, called by that name, that is not from `LEAST` to `MOST`."""
    if not LEAST <= factor <= MOST:  # also rejects NaN
        raise UsageError(
            f"{name} {factor:g} is out of range", f"give a factor from {LEAST:g} to {MOST:g}"
        )
