"""The coordinates of keypoints in text files, checked."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.errors import DataError
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.system.text import shorten

MAX_COORDINATE = 1e8
"""Pixels; a larger coordinate is outside of every picture, and its square may be infinite."""
REMEDY = "correct it, or remove the picture and its keypoints"


def points_of(cells: Sequence[str], where: str, scheme: KeypointScheme) -> NDArray[np.float64]:
    """K x 2 from the text of x, y, x, y, ...

    Raises DataError, which names `where`, for another number of coordinates than the scheme's,
    for one that is not a finite number or is beyond `MAX_COORDINATE`, and what `reject_degenerate`
    says.
    """
    expected = 2 * len(scheme.names)
    if len(cells) != expected:
        raise DataError(f"{where}: {len(cells)} coordinates instead of {expected}", REMEDY)
    points = np.array([finite_number(cell, where) for cell in cells]).reshape(-1, 2)
    reject_degenerate(points, where, scheme)
    return points


def reject_degenerate(points: NDArray[np.float64], where: str, scheme: KeypointScheme) -> None:
    """DataError, which names `where`, for K x 2 points that cannot be aligned or scored.

    They all have the same x or the same y, or the outer corners of the eyes, whose distance is the
    unit of the NME, are one point. Points may be missing (NaN).
    """
    if (np.ptp(points, axis=0) == 0).any():  # NaN is not equal to 0
        raise DataError(f"{where}: all points have the same x or the same y", REMEDY)
    right, left = points[list(scheme.eye_corners)]
    if (right == left).all():
        raise DataError(f"{where}: the outer corners of both eyes are the same point", REMEDY)


def finite_number(cell: str, where: str) -> float:
    """The number in a cell; DataError, which names `where`, if it cannot be a coordinate."""
    try:
        number = float(cell)
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise DataError(f"{where}: not a finite number: {shorten(cell)}", REMEDY)
    if abs(number) > MAX_COORDINATE:
        raise DataError(f"{where}: outside of every picture: {shorten(cell)}", REMEDY)
    return number
