"""Calibration: factors on expected errors, so that they fit the errors on held-out faces."""

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.metrics import WITHIN, errors_over_expected
from kaggle_fkd.networks.shape import NetworkShape

COVERED = 0.95
"""Share of the errors that shall be within `WITHIN` times the expected one."""
LEAST = 1e-3
"""The least factor, of a network that knows its validation faces by heart."""


def calibration(
    predicted: NDArray[np.floating],
    faces: FaceDataset,
    heads: NDArray[np.integer],
    shape: NetworkShape,
) -> NDArray[np.float32]:
    """H x K factors on the expected errors of each head, the same for all keypoints of a group.

    `predicted`, N x K x 3, are held-out predictions, and `heads`, N, those that made them. The
    factor is 1 where there are no labels; mirrored heads have that of the unmirrored ones.
    """
    ratio = errors_over_expected(predicted, faces.keypoints)
    factors = np.ones((shape.total_heads, shape.keypoints), np.float32)
    for head in range(shape.heads):
        for members in faces.scheme.groups.values():
            seen = ratio[heads == head][:, list(members)]
            known = seen[np.isfinite(seen)]
            if known.size:
                factor = max(np.quantile(known, COVERED) / WITHIN, LEAST)
                factors[head :: shape.heads, list(members)] = factor
    return factors
