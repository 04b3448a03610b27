"""Errors as pure functions of predicted and true keypoints, N x K x 2, NaN where unknown."""

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.faces import Faces


def rmse(predicted: NDArray[np.floating], truth: NDArray[np.floating]) -> float:
    """Root mean squared error over all known coordinates, in pixels; NaN when none is known.

    Pooled over coordinates as the competition's score is, not averaged over faces.
    """
    error = (predicted.astype(np.float64) - truth)[np.isfinite(truth)]
    return float(np.sqrt(np.mean(error**2))) if error.size else float("nan")


def rmse_by_convention(predicted: NDArray[np.floating], faces: Faces) -> dict[str, float]:
    """The pooled RMSE in pixels (`all`), and that of each label convention that has labels."""
    scores = {"all": rmse(predicted, faces.keypoints)}
    for index, convention in enumerate(faces.scheme.conventions):
        of_it = faces.convention == index
        if faces.labelled[of_it].any():
            scores[convention.name] = rmse(predicted[of_it], faces.keypoints[of_it])
    return scores


def rmse_by_keypoint(predicted: NDArray[np.floating], faces: Faces) -> dict[str, dict[str, float]]:
    """RMSE in pixels of every labelled keypoint of every convention, by their names."""
    table: dict[str, dict[str, float]] = {}
    for index, convention in enumerate(faces.scheme.conventions):
        of_it = faces.convention == index
        table[convention.name] = {
            faces.scheme.names[k]: rmse(predicted[of_it, k], faces.keypoints[of_it, k])
            for k in convention.keypoints
            if faces.labelled[of_it, k].any()
        }
    return table
