"""The trunk of `gridnet` with heat maps and their soft-argmax, to compare.

Sun et al., "Integral Human Pose Regression", 2018, arXiv 1711.08229, on the deconvolution of
Xiao et al., "Simple Baselines for Human Pose Estimation", 2018, arXiv 1804.06208.
"""

import torch
from torch import Tensor, nn

from kaggle_fkd.networks.core.network import KeypointNetwork, NetworkShape
from kaggle_fkd.networks.core.trunk import Trunk, cell_centres
from kaggle_fkd.networks.gridnet import CELL, FIRST_TEMPERATURE

CHANNELS = 64
"""Of the features that the heat maps, a quarter of the image's size, are made of."""


class HeatmapNet(KeypointNetwork):
    """The keypoint is the mean place under its heat map."""

    cells: Tensor
    """rows * columns x 2, the heat map's pixels in pixels of the image."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__(shape)
        self.deconvolution = nn.Sequential(
            Trunk(),
            nn.ConvTranspose2d(Trunk.channels, CHANNELS, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(CHANNELS), nn.ReLU(inplace=True),
        )  # fmt: skip
        self.heat = nn.Conv2d(CHANNELS, shape.heads * shape.keypoints, 1)
        nn.init.normal_(self.heat.weight, std=0.01)
        self.temperature = nn.Parameter(
            torch.full((shape.heads, shape.keypoints, 1), FIRST_TEMPERATURE)
        )
        self.grid = -(-shape.height // CELL) * 2, -(-shape.width // CELL) * 2
        centres = cell_centres(*self.grid, (shape.height, shape.width))
        self.register_buffer("cells", centres, persistent=False)

    def locate(self, images: Tensor) -> Tensor:
        """The mean of the heat map's pixels, weighted by their heat."""
        return self.heat_maps(images).flatten(-2) @ self.cells

    def heat_maps(self, images: Tensor) -> Tensor:
        """The heat maps, each made to add up to 1."""
        heat: Tensor = self.heat(self.deconvolution(images))
        heat = heat.reshape(-1, self.shape.heads, self.shape.keypoints, len(self.cells))
        weight = (heat * self.temperature).softmax(dim=-1)
        return weight.reshape(*weight.shape[:-1], *self.grid)
