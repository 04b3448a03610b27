"""Averaging the predictions of several runs, with weights fitted on out-of-fold predictions."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.metrics import OUTLIER_PX

SUM_TO_ONE = 1e3
"""Weight of the condition that the weights sum to 1, relative to a mean error of 1 pixel."""


def fit_ensemble_weights(
    predictions: Sequence[NDArray[np.floating]], faces: FaceDataset
) -> NDArray[np.float64]:
    """C x R: for each convention the weights whose weighted mean has the least squared error.

    `predictions` are R of N x K x 3; their expected errors are ignored. The weights are not
    negative and sum to 1. They are fitted to the convention's faces that all runs trained for it
    predict; they are equal when there are none, and 0 for runs not trained for the convention.
    Wolpert, "Stacked generalization", 1992, with Breiman's non-negative weights, 1996.
    """
    stack = np.stack([p[..., :2].astype(np.float64) for p in predictions], axis=-1)
    weights = np.full((len(faces.scheme.conventions), len(predictions)), 1 / len(predictions))
    for index in range(len(weights)):
        chosen = faces.convention == index
        trained = np.isfinite(stack[chosen]).any(axis=(0, 1, 2))
        if trained.any():
            weights[index] = 0
            weights[index, trained] = _fit(stack[chosen][..., trained], faces.keypoints[chosen])
    return weights


def _fit(stack: NDArray[np.float64], truth: NDArray[np.floating]) -> NDArray[np.float64]:
    """R weights of N x K x 2 x R predictions."""
    runs = stack.shape[-1]
    error = np.abs(stack.mean(axis=-1) - truth)
    used = np.isfinite(error) & (error < OUTLIER_PX)
    if not used.any():
        return np.full(runs, 1 / runs)
    inputs, target = stack[used], truth[used].astype(np.float64)
    # Relative to the mean prediction, which weights that sum to 1 do not change.
    centre = inputs.mean(axis=1, keepdims=True)
    inputs, target = inputs - centre, target - centre[:, 0]
    scale = 1 / np.sqrt(len(target))
    rows = np.vstack([inputs * scale, np.full((1, runs), SUM_TO_ONE)])
    weights, _ = nnls(rows, np.append(target * scale, SUM_TO_ONE))
    return np.asarray(weights / weights.sum())


def weighted_mean(
    predictions: Sequence[NDArray[np.floating]],
    weights: NDArray[np.floating],
    convention: NDArray[np.integer],
) -> NDArray[np.float32]:
    """The mean of R predictions, N x K x 3, with the weights, C x R, of each face's convention, N.

    A run that does not predict a keypoint (NaN) is left out there; NaN where none that has a weight
    predicts it.
    """
    stack = np.ma.masked_invalid(np.stack(predictions))
    by_face = np.broadcast_to(weights[convention].T[:, :, None, None], stack.shape)
    mean = np.ma.average(stack, axis=0, weights=by_face)
    return np.ma.filled(mean, np.nan).astype(np.float32)


def weights_by_run(
    weights: NDArray[np.floating], names: Sequence[str], scheme: KeypointScheme
) -> dict[str, dict[str, float]]:
    """The weights, C x R, by the names of the run and the convention, for a record."""
    conventions = [convention.name for convention in scheme.conventions]
    return {
        name: dict(zip(conventions, column.tolist(), strict=True))
        for name, column in zip(names, weights.T, strict=True)
    }
