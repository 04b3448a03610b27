"""An exponential moving average of a network's weights: what predicts in the end."""

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from kaggle_fkd.networks.core.network import KeypointNetwork

Tensors = tuple[Tensor, ...] | list[Tensor]


def averaged(network: KeypointNetwork, decay: float) -> AveragedModel:
    """A copy of the network that follows it with `update_parameters`, statistics included.

    Polyak averaging as Keras and TensorFlow have it: in the n-th step the decay is at most
    (1 + n) / (10 + n), so that the random first weights are soon forgotten.
    """

    @torch.no_grad()
    def update(means: Tensors, current: Tensors, steps: Tensor | int) -> None:
        if not means[0].is_floating_point():  # the number of batches that a BatchNorm has seen
            torch._foreach_copy_(means, current)
            return
        share = 1 - min(decay, (1 + int(steps)) / (10 + int(steps)))
        torch._foreach_lerp_(means, current, share)

    return AveragedModel(network, multi_avg_fn=update, use_buffers=True)
