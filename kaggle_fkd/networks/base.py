"""What all keypoint networks share: grey faces in, keypoints in pixels out."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class NetworkShape:
    """What a network takes and gives, apart from its architecture."""

    height: int
    """Height of the faces, in pixels."""
    width: int
    """Width of the faces, in pixels."""
    keypoints: int
    """K, keypoints per head."""
    heads: int
    """Sets of keypoints predicted for each face: one a label convention, or a single one."""


class KeypointNetwork(nn.Module, ABC):
    """Base of every network: scales pixels and coordinates, so that subclasses need not."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.shape = shape
        self.outputs = shape.heads * shape.keypoints * 2

    def forward(self, images: Tensor) -> Tensor:
        """N x H x W grey values 0..255 (any number type) to N x heads x K x 2 pixels."""
        unit = self.regress(images.unsqueeze(1).float() / 255)
        shape = self.shape
        unit = unit.view(-1, shape.heads, shape.keypoints, 2)
        half = unit.new_tensor([shape.width / 2, shape.height / 2])
        return unit * half + (half - 0.5)

    @abstractmethod
    def regress(self, images: Tensor) -> Tensor:
        """N x 1 x H x W in 0..1 to N x `self.outputs`; -1..1 spans the image, 0 is its centre."""


def glorot(module: nn.Module) -> None:
    """First weights of a layer, for `network.apply`: Glorot and Bengio, 2010, no biases.

    The default of the libraries that the classic solutions were written with; torch's own
    starts so small that `cnn` needs twice the steps to fit eight faces.
    """
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def flat_features(layers: nn.Module, shape: NetworkShape) -> int:
    """How many numbers `layers` makes of one face, so that networks fit any image size."""
    was_training = layers.training
    with torch.no_grad():
        count: int = layers.eval()(torch.zeros(1, 1, shape.height, shape.width)).numel()
    layers.train(was_training)
    return count
