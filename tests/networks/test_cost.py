"""What a network costs."""

import torch

from kaggle_fkd.networks import build_network
from kaggle_fkd.networks.cost import count_multiply_adds, count_parameters
from kaggle_fkd.networks.shape import NetworkShape

SHAPE = NetworkShape(96, 96, keypoints=15, heads=1)


def test_multiply_adds_are_those_of_convolutions_and_fully_connected_layers():
    """LeNet by hand: 5 x 5 kernels at 92 x 92 and 42 x 42 places, then three layers."""
    network = build_network("lenet", SHAPE).train()
    convolutions = 92 * 92 * 6 * 25 + 42 * 42 * 16 * 6 * 25
    layers = 16 * 21 * 21 * 120 + 120 * 84 + 84 * 45
    assert count_multiply_adds(network, SHAPE) == convolutions + layers
    assert network.training  # as it was


def test_parameters_are_counted():
    assert count_parameters(torch.nn.Linear(3, 2)) == 8
