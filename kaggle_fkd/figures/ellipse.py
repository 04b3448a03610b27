"""Ellipses of the spread of points."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.patches import Ellipse
from numpy.typing import NDArray


def spread_ellipse(
    points: NDArray[np.float64], centre: Sequence[float] | NDArray[np.floating],
    deviations: float, **style: Any,
) -> Ellipse:  # fmt: skip
    """So many standard deviations of N x 2 points in every direction, around a centre, x and y.

    `style` is that of a patch of matplotlib.
    """
    variances, directions = np.linalg.eigh(np.cov(points.T))
    angle = np.degrees(np.arctan2(directions[1, 1], directions[0, 1]))
    minor, major = 2 * deviations * np.sqrt(np.maximum(variances, 0))
    return Ellipse((float(centre[0]), float(centre[1])), major, minor, angle=angle, **style)
