"""A network with heat maps on the trunk of the grid networks: a baseline for the grid.

The soft-argmax of heat maps, after the deconvolution of Xiao et al., "Simple Baselines for Human
Pose Estimation", 2018, arXiv 1804.06208.
"""

import torch
from torch import Tensor, nn

from kaggle_fkd.networks.grid import CELL, FIRST_TEMPERATURE
from kaggle_fkd.networks.network import KeypointNetwork
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.networks.trunk import Trunk, cell_centres

CHANNELS = 64
"""Channels of the features of the heat maps, at a quarter of the image's size."""


class HeatmapNet(KeypointNetwork):
    """A keypoint is the mean position of its heat map."""

    cells: Tensor
    """rows * columns x 2, the heat map's pixels in pixels of the image."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__(shape)
        trunk = Trunk()
        self.deconvolution = nn.Sequential(
            trunk,
            nn.ConvTranspose2d(trunk.channels, CHANNELS, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(CHANNELS), nn.ReLU(inplace=True),
        )  # fmt: skip
        self.heat = nn.Conv2d(CHANNELS, shape.total_heads * shape.keypoints * 2, 1)
        nn.init.normal_(self.heat.weight, std=0.01)
        self.temperature = nn.Parameter(
            torch.full((shape.total_heads, shape.keypoints, 1), FIRST_TEMPERATURE)
        )
        rows, columns = -(-shape.height // CELL) * 2, -(-shape.width // CELL) * 2
        centres = cell_centres(rows, columns, (shape.height, shape.width))
        self.register_buffer("cells", centres, persistent=False)

    def regress(self, images: Tensor) -> Tensor:
        """The mean position and error of the heat map's pixels, weighted by their values."""
        weight, logarithms = self._weights(images)
        # A matrix product would be computed with bf16, and rounded to a quarter of a pixel.
        keypoints = (weight[..., None, :] * self.cells.T).sum(dim=-1)
        logarithm = (weight.detach() * logarithms).sum(dim=-1)
        return self.with_errors(keypoints, logarithm, self.calibration)

    def _weights(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """The heat maps, N x H x K x pixels, and the logarithms of the errors, of that shape."""
        heads, keypoints = self.shape.total_heads, self.shape.keypoints
        heat: Tensor = self.heat(self.deconvolution(images))
        heat = self.split_mirror_heads(heat.reshape(-1, heads, keypoints, 2, len(self.cells)))
        return (heat[:, :, :, 0] * self.temperature).softmax(dim=-1), heat[:, :, :, 1]
