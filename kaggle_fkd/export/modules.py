"""What is exported: networks with everything from grey values to pixels, as one module."""

import copy
from collections.abc import Sequence
from typing import TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from kaggle_fkd.networks.detector import DetectorNet
from kaggle_fkd.networks.network import KeypointNetwork

Network = TypeVar("Network", bound=nn.Module)


class KeypointsModule(nn.Module):
    """The mean of networks; see `OnnxKeypoints.predict`."""

    def __init__(self, networks: Sequence[KeypointNetwork], conventions: int) -> None:
        """`conventions` is the number of label conventions of the keypoints' scheme."""
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.conventions, self.shape = conventions, networks[0].shape

    def forward(self, images: Tensor, convention: Tensor) -> Tensor:
        """N x H x W uint8 and N int64 to N x K x 3.

        One head predicts the faces of every convention if the network has but one.
        """
        mirrored = convention >= self.conventions
        heads = (convention - self.conventions * mirrored).clamp(0, self.shape.heads - 1)
        heads = self.shape.mirrored_head_index(heads, mirrored)
        networks = [cast(KeypointNetwork, network) for network in self.networks]
        return torch.stack([network.predict(images, heads) for network in networks]).mean(dim=0)


class DetectorModule(nn.Module):
    """Both stages of a detector, which share no input; see `OnnxDetector`."""

    def __init__(self, network: DetectorNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor, chips: Tensor, logits: Tensor) -> tuple[Tensor, Tensor]:
        """N x H x W uint8, M x 48 x 48 uint8 and M to N x C x 8 and M x 8."""
        return self.network(images), self.network.refine(chips, logits)


def fused(network: Network) -> Network:
    """A copy in evaluation mode; batch normalisation that follows a convolution is part of it.

    It computes the same, and its weights are those of the exported file.
    """
    network = copy.deepcopy(network).eval()
    for layers in [each for each in network.modules() if isinstance(each, nn.Sequential)]:
        for index, (first, second) in enumerate(zip(layers, list(layers)[1:], strict=False)):
            transposed = isinstance(first, nn.ConvTranspose2d)
            if isinstance(second, nn.BatchNorm2d) and (transposed or isinstance(first, nn.Conv2d)):
                layers[index] = fuse_conv_bn_eval(cast(nn.Conv2d, first), second, transposed)
                layers[index + 1] = nn.Identity()
    return network
