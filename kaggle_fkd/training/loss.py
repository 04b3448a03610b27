"""The training loss, over the known coordinates alone."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

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
