"""How far a score would wander with other faces: bootstrap intervals of a pooled RMSE."""

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.faces import Faces

RESAMPLES = 2000
"""Enough for two stable digits of a 95 % interval."""
BLOCK = 100
"""Resamples drawn at a time: 100 x 7049 counts are 6 MB."""


def rmse_interval(predicted: NDArray[np.floating], faces: Faces, seed: int) -> tuple[float, float]:
    """The 95 % percentile interval of the pooled RMSE over resampled images, in pixels.

    Repeats of an image are drawn together, as they are no independent faces. Efron, "Bootstrap
    methods: another look at the jackknife", 1979. (nan, nan) when no label is known.
    """
    error = predicted.astype(np.float64) - faces.keypoints
    known = np.isfinite(error)
    group = faces.repeat_groups()
    squares = np.bincount(group, np.where(known, error**2, 0).sum(axis=(1, 2)))
    counts = np.bincount(group, known.sum(axis=(1, 2)))
    images = len(counts)
    if not counts.any():
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    scores = []
    for _ in range(RESAMPLES // BLOCK):
        drawn = rng.multinomial(images, np.full(images, 1 / images), size=BLOCK)
        total = drawn @ counts
        scores.append(np.sqrt(drawn @ squares / np.maximum(total, 1))[total > 0])
    low, high = np.percentile(np.concatenate(scores), [2.5, 97.5])
    return float(low), float(high)
