"""Batch normalisation over a batch that several processes share.

`nn.SyncBatchNorm` does the same, but only on a GPU.
"""

from typing import Any

import torch
from torch import Tensor, nn

from kaggle_fkd.system.process_group import ProcessGroup


class SynchronisedBatchNorm(nn.BatchNorm2d):
    """Batch normalisation whose statistics are those of the rows of all processes."""

    def __init__(self, layer: nn.BatchNorm2d, group: ProcessGroup) -> None:
        """Takes the weights, statistics and settings of `layer`."""
        super().__init__(layer.num_features, layer.eps, layer.momentum)
        self.load_state_dict(layer.state_dict())
        self.group = group

    def forward(self, values: Tensor) -> Tensor:
        """N x C x H x W, normalised; N, also 0, is the number of rows of this process."""
        if not self.training:
            return super().forward(values)
        exact = values.float()
        pixels = exact.new_tensor([exact.numel() / self.num_features])
        sums = _Sum.apply(torch.cat([exact.sum(dim=(0, 2, 3)), pixels]), self.group)
        count = sums[-1].detach()
        mean = sums[:-1] / count
        centred = exact - mean[:, None, None]
        variance = _Sum.apply(centred.square().sum(dim=(0, 2, 3)), self.group) / count
        self._remember(mean.detach(), variance.detach() * count / (count - 1))
        scale = self.weight * (variance + self.eps).rsqrt()
        normalised: Tensor = centred * scale[:, None, None] + self.bias[:, None, None]
        return normalised.to(values.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics towards those of this batch."""
        for running, new in ((self.running_mean, mean), (self.running_var, variance)):
            running.lerp_(new, self.momentum)  # type: ignore[union-attr, arg-type]
        self.num_batches_tracked += 1  # type: ignore[operator, assignment]


class _Sum(torch.autograd.Function):
    """The sum over all processes; every process has used it, so its gradient is their sum, too."""

    @staticmethod
    def forward(context: Any, values: Tensor, group: ProcessGroup) -> Tensor:
        context.group = group
        return group.sum(values)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return context.group.sum(gradient), None


def synchronise(network: nn.Module, group: ProcessGroup) -> None:
    """Replace the network's layers of batch normalisation by synchronised ones."""
    for name, child in network.named_children():
        if isinstance(child, nn.BatchNorm2d):
            setattr(network, name, SynchronisedBatchNorm(child, group))
        else:
            synchronise(child, group)
