"""What a network costs: its parameters and multiply-adds."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from kaggle_fkd.networks.network import evaluating
from kaggle_fkd.networks.shape import NetworkShape


def count_parameters(network: nn.Module) -> int:
    """The number of its weights."""
    return sum(parameter.numel() for parameter in network.parameters())


def count_multiply_adds(network: nn.Module, shape: NetworkShape) -> int:
    """Multiply-adds of convolutions and matrix products for the keypoints of one face."""
    face = torch.zeros(1, shape.height, shape.width)
    with evaluating(network), torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(face)
    return int(counter.get_total_flops() // 2)
