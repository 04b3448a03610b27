"""Networks made ready to predict give what they gave before."""

import pytest
import torch
from support.small_runs import CPU

from kaggle_fkd.networks import NETWORKS, build_network
from kaggle_fkd.networks.deploy import optimised_for_inference
from kaggle_fkd.networks.network import NetworkShape


def trained_a_little(network):
    """With statistics of batch normalisation that are not those of the start."""
    network.train()
    with torch.no_grad():
        for _ in range(3):
            network(torch.rand(8, 96, 96) * 255)
    return network.eval()


@torch.no_grad()
@pytest.mark.parametrize("name", NETWORKS)
def test_a_deployed_network_gives_what_it_gave(name):
    torch.manual_seed(0)
    network = trained_a_little(build_network(name, NetworkShape(96, 96, keypoints=68, heads=1)))
    faces = torch.randint(0, 256, (5, 96, 96), dtype=torch.uint8)
    expected = network(faces)
    ready = optimised_for_inference(network, CPU)
    torch.testing.assert_close(ready(faces), expected, atol=2e-3, rtol=0)
    torch.testing.assert_close(ready(faces[:1]), expected[:1], atol=2e-3, rtol=0)
