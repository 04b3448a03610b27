"""Errors over the known coordinates: what training minimises, and what it reports."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from kaggle_fkd.dataset import Faces

_LOSSES: Mapping[str, Callable[..., Tensor]] = {
    "mse": F.mse_loss,
    "smooth_l1": F.smooth_l1_loss,
    "l1": F.l1_loss,
}


def masked_loss(name: str, predicted: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """The weighted mean loss over coordinates where `target` is not NaN; 0 when all are missing.

    `predicted` and `target`, N x ... x 2, are in the same unit; `weight` is N. Missing targets get
    no gradient.
    """
    each = _LOSSES[name](predicted, _filled(predicted, target), reduction="none")
    counts = weight.view(-1, *[1] * (target.ndim - 1)) * ~target.isnan()
    return (each * counts).sum() / counts.sum().clamp(min=1)


@torch.no_grad()
def squares_and_count(predicted: Tensor, target: Tensor) -> Tensor:
    """The sum of squared errors over the known coordinates, and how many those are."""
    squares = F.mse_loss(predicted, _filled(predicted, target), reduction="sum")
    return torch.stack([squares, (~target.isnan()).sum()])


def _filled(predicted: Tensor, target: Tensor) -> Tensor:
    """The target with the prediction itself where it is NaN: no error there, and no gradient.

    Picking the known coordinates instead would make a GPU wait for their number in every step.
    """
    return torch.where(target.isnan(), predicted.detach(), target)


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
