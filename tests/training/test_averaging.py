"""The moving average of the weights."""

import pytest
import torch

from kaggle_fkd.networks import build_network
from kaggle_fkd.networks.network import NetworkShape
from kaggle_fkd.training.trainer import averaged

SHAPE = NetworkShape(32, 32, keypoints=2, heads=1)


def states(network, average):
    """Pairs of equal name: the network's tensor and the average's."""
    means = average.module.state_dict()
    return [(tensor, means[name]) for name, tensor in network.state_dict().items()]


def change(network, amount=1.0):
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(amount)


@torch.no_grad()
def see_faces(network):
    """A training step's forward pass, which moves the statistics of BatchNorm."""
    network.train()(torch.rand(4, 32, 32) * 255)


def test_without_decay_the_average_is_the_network_itself():
    network = build_network("gridnet", SHAPE)
    average = averaged(network, 0.0)
    for _ in range(3):
        change(network)
        see_faces(network)
        average.update_parameters(network)
    for tensor, mean in states(network, average):
        assert torch.equal(tensor, mean)


def test_the_average_approaches_a_network_that_stays_as_it_is():
    network = build_network("lenet", SHAPE)
    average = averaged(network, 0.5)
    average.update_parameters(network)
    change(network)
    distances = []
    for _ in range(20):
        average.update_parameters(network)
        distances.append(max(float((t - m).abs().max()) for t, m in states(network, average)))
    assert distances == sorted(distances, reverse=True)
    assert distances[0] > 0.1 and distances[-1] < 1e-5
    # After the start, when (1 + n) / (10 + n) is over a half, each step leaves half the distance.
    assert distances[9] / distances[8] == pytest.approx(0.5, abs=0.01)


def test_the_first_weights_are_soon_forgotten_however_slow_the_decay():
    network = build_network("lenet", SHAPE)
    average = averaged(network, 0.9999)
    average.update_parameters(network)
    change(network)
    for _ in range(50):
        average.update_parameters(network)
    assert max(float((t - m).abs().max()) for t, m in states(network, average)) < 0.01


def test_the_statistics_of_batchnorm_are_averaged_too():
    network = build_network("gridnet", SHAPE)
    average = averaged(network, 0.5)
    average.update_parameters(network)
    before = {name: t.clone() for name, t in average.module.state_dict().items()}
    see_faces(network)
    average.update_parameters(network)
    after, current = average.module.state_dict(), network.state_dict()
    followed = 0
    for name, mean in after.items():
        if name.endswith(("running_mean", "running_var")):
            # In the second step the decay is (1 + 1) / (10 + 1).
            expected = before[name] + (current[name] - before[name]) * (1 - 2 / 11)
            torch.testing.assert_close(mean, expected)
            followed += int((mean != before[name]).any())
        elif name.endswith("num_batches_tracked"):
            assert torch.equal(mean, current[name])
    assert followed > 10


def test_the_average_does_not_share_the_weights_of_the_network():
    network = build_network("lenet", SHAPE)
    average = averaged(network, 0.9)
    average.update_parameters(network)
    before = {name: t.clone() for name, t in average.module.state_dict().items()}
    change(network)
    for name, tensor in average.module.state_dict().items():
        assert torch.equal(tensor, before[name])
