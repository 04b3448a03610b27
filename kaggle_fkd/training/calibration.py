"""Calibration: factors on expected errors, so that they fit the errors on held-out faces."""

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.metrics import WITHIN, errors_over_expected
from kaggle_fkd.networks.shape import NetworkShape

COVERED = 0.95
"""Share of the errors that are to be within `WITHIN` times the expected one."""
MIN_FACTOR = 1e-3
"""The least factor, of a network that knows its validation faces by heart."""
ENOUGH = 40
"""Fewer errors are too few to estimate their 95 % quantile."""


def calibration(
    predicted: NDArray[np.floating],
    faces: FaceDataset,
    heads: NDArray[np.integer],
    shape: NetworkShape,
) -> NDArray[np.float32]:
    """H x K factors on the expected errors of each head, the same for all keypoints of a group.

    `predicted`, N x K x 3, are held-out predictions, and `heads`, N, those that made them. A group
    with fewer than `ENOUGH` labels has the factor of all keypoints of its head, a head with fewer
    that of all heads; 1 if there are too few labels at all. Mirrored heads have the factors of the
    unmirrored ones.
    """
    ratio = errors_over_expected(predicted, faces.keypoints)
    overall = _factor(ratio, 1.0)
    factors = np.empty((shape.total_heads, shape.keypoints), np.float32)
    for head in range(shape.heads):
        of_head = ratio[heads == head]
        usual = _factor(of_head, overall)
        for members in faces.scheme.groups.values():
            own = list(members)
            factors[head :: shape.heads, own] = _factor(of_head[:, own], usual)
    return factors


def _factor(ratio: NDArray[np.floating], otherwise: float) -> float:
    """What makes the errors over the expected ones, where not NaN, fit; or `otherwise`."""
    known = ratio[np.isfinite(ratio)]
    if known.size < ENOUGH:
        return otherwise
    return max(float(np.quantile(known, COVERED)) / WITHIN, MIN_FACTOR)
