"""The factor on the widths of lines and keypoints that are drawn."""

from kaggle_fkd.errors import UsageError

MIN_FACTOR, MAX_FACTOR = 0.1, 5.0


def check_line_width(factor: float, name: str) -> None:
    """UsageError for a factor of that name that is not from `MIN_FACTOR` to `MAX_FACTOR`."""
    if not MIN_FACTOR <= factor <= MAX_FACTOR:  # also rejects NaN
        raise UsageError(
            f"{name} {factor:g} is out of range",
            f"give a factor from {MIN_FACTOR:g} to {MAX_FACTOR:g}",
        )
