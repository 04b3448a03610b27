"""Weighted means of predictions, with weights fitted where no network has seen the labels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from kaggle_fkd.faces import Faces

WILD_PX = 15.0
"""Labels further than this from the plain mean are taken for wrong, and fit no weights: one face
without a face in it can weigh as much as a quarter of all others."""
SUM_TO_ONE = 1e3
"""How much the fit insists that the weights sum to 1, against an error of 1 pixel on average."""


def fit_weights(predictions: Sequence[NDArray[np.floating]], faces: Faces) -> list[float]:
    """Weights, none negative and 1 in sum, whose mean of R predictions (N x K x 2) errs least.

    Least squares over the faces that every one of them predicts; equal weights when there are
    none. Wolpert, "Stacked generalization", 1992, with Breiman's non-negative weights, 1996.
    """
    equal = [1 / len(predictions)] * len(predictions)
    stack = np.stack([p.astype(np.float64) for p in predictions], axis=-1)
    error = np.abs(stack.mean(axis=-1) - faces.keypoints)
    usable = np.isfinite(error) & (error < WILD_PX)
    if not usable.any():
        return equal
    inputs, target = stack[usable], faces.keypoints[usable].astype(np.float64)
    # Around the mean prediction, which any weights that sum to 1 leave as it is.
    centre = inputs.mean(axis=1, keepdims=True)
    inputs, target = inputs - centre, target - centre[:, 0]
    scale = 1 / np.sqrt(len(target))
    rows = np.vstack([inputs * scale, np.full((1, len(predictions)), SUM_TO_ONE)])
    weights, _ = nnls(rows, np.append(target * scale, SUM_TO_ONE))
    return list((weights / weights.sum()).tolist())


def weighted_mean(
    predictions: Sequence[NDArray[np.floating]], weights: Sequence[float]
) -> NDArray[np.float32]:
    """The mean of R predictions, N x K x 2, with these weights.

    What a run does not predict (NaN) is left to the others; NaN where none predicts.
    """
    stack = np.ma.masked_invalid(np.stack(predictions))
    mean = np.ma.average(stack, axis=0, weights=weights)
    return np.ma.filled(mean, np.nan).astype(np.float32)
