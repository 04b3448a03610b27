"""The training loss, over the labelled coordinates alone."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from kaggle_fkd.system.process_group import ALONE, ProcessGroup

LOSSES: Mapping[str, Callable[..., Tensor]] = {
    "mse": F.mse_loss,
    "smooth_l1": F.smooth_l1_loss,
    "l1": F.l1_loss,
}
"""The losses that `train.loss` names."""
MIN_DISTANCE = 0.01
"""Shorter distances, whose logarithms have no bound, count as this one; the unit is a 96th of the
face's width."""


def masked_loss(
    name: str, predicted: Tensor, target: Tensor, weight: Tensor, group: ProcessGroup = ALONE
) -> Tensor:
    """The weighted mean loss over coordinates where `target` is not NaN; 0 when all are missing.

    `predicted` and `target`, N x ... x 2, are in the same unit; `weight` is N. Missing targets have
    no gradient. The N rows are this process's part of a batch of the group: the mean of the losses
    of its processes is the loss of the batch.
    """
    each = LOSSES[name](predicted, _filled(predicted, target), reduction="none")
    return _mean_where(~target.isnan(), each, weight, group)


def error_loss(
    errors: Tensor, distance: Tensor, weight: Tensor, group: ProcessGroup = ALONE
) -> Tensor:
    """The weighted mean loss of expected errors where `distance` is not NaN; 0 when all are.

    `errors` and `distance`, N x ..., are in the same unit; `weight` and `group` are those of
    `masked_loss`. The loss is the difference of their logarithms: so expected errors are medians,
    up to a factor (see `calibration`), and wrong labels count no more than others. The likelihood
    of a Laplace distribution gave ranks that correlate a little less with the errors (0.38 instead
    of 0.39), and its gradient has no bound.
    """
    known = _filled(errors, distance).clamp(min=MIN_DISTANCE)
    each = (errors.log() - known.log()).abs()
    return _mean_where(~distance.isnan(), each, weight, group)


@torch.no_grad()
def squares_and_count(predicted: Tensor, target: Tensor) -> Tensor:
    """2: the sum of squared errors over the labelled coordinates, and their number."""
    squares = F.mse_loss(predicted, _filled(predicted, target), reduction="sum")
    return torch.stack([squares, (~target.isnan()).sum()])


def _mean_where(known: Tensor, each: Tensor, weight: Tensor, group: ProcessGroup) -> Tensor:
    """The mean of `each`, N x ..., where `known`, weighted by `weight`, N; 0 where nothing is.

    The processes of a group divide by the count of all their rows: the mean of their results is
    that of the complete batch.
    """
    counts = weight.view(-1, *[1] * (known.ndim - 1)) * known
    return group.size * (each * counts).sum() / group.sum(counts.sum()).clamp(min=1)


def _filled(predicted: Tensor, target: Tensor) -> Tensor:
    """The target, with the prediction itself where it is NaN, so that error and gradient are 0.

    Picking the labelled coordinates instead would make a GPU wait for their number in every step.
    """
    return torch.where(target.isnan(), predicted.detach(), target)
