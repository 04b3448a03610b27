"""Losses over the known coordinates alone."""

from collections.abc import Callable, Mapping

from torch import Tensor
from torch.nn import functional as F  # noqa: N812

_LOSSES: Mapping[str, Callable[..., Tensor]] = {
    "mse": F.mse_loss,
    "smooth_l1": F.smooth_l1_loss,
    "l1": F.l1_loss,
}


def masked_loss(name: str, predicted: Tensor, target: Tensor) -> Tensor:
    """The mean loss over coordinates where `target` is not NaN; 0 when all are missing.

    Missing targets get no gradient. `predicted` and `target` have the same shape and unit.
    """
    known = ~target.isnan()
    # Selecting first keeps NaN out of the backward pass, where 0 * NaN would be NaN.
    total = _LOSSES[name](predicted[known], target[known], reduction="sum")
    return total / known.sum().clamp(min=1)


def known_sum_of_squares(predicted: Tensor, target: Tensor) -> tuple[float, int]:
    """Sum of squared errors over the known coordinates, and how many they are."""
    known = ~target.isnan()
    error = (predicted.detach()[known] - target[known]).double()
    return float(error.square().sum()), int(known.sum())
