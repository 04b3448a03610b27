"""Our networks: a small trunk, and a coarse grid of cells that vote for each keypoint.

After PIPNet (Jin et al., "Pixel-in-Pixel Net", 2021, arXiv 2003.03771), which takes the offset of
the best cell; the mean over all cells (Sun et al., "Integral Human Pose Regression", 2018, arXiv
1711.08229) has no jumps, and can be trained on the error of the keypoints themselves.

Two other heads on the same trunk are there to compare: heat maps with their soft-argmax, on the
deconvolution of Xiao et al., "Simple Baselines for Human Pose Estimation", 2018, arXiv 1804.06208;
and a single fully connected layer.
"""

import torch
from torch import Tensor, nn

from kaggle_fkd.networks.network import KeypointNetwork, NetworkShape, flat_features
from kaggle_fkd.networks.trunk import EIGHTH, SIXTEENTH, Trunk, cell_centres

CELL = 8
"""Pixels a cell is wide and high, the unit of the offsets."""
FIRST_TEMPERATURE = 4.0
"""Factor on the logits at the start: how sharply cells compete, learnt per keypoint."""
CHANNELS = 64
"""Of the features that the heat maps, a quarter of the image's size, are made of."""


class GridNet(KeypointNetwork):
    """For every keypoint each cell gives a weight and an offset from its centre."""

    cells: Tensor
    """rows * columns x 2, the cells' centres in pixels."""
    channels = EIGHTH, SIXTEENTH
    """Of the trunk, at an eighth and a sixteenth of the size."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__(shape)
        self.trunk = Trunk(*self.channels)
        self.vote = nn.Conv2d(self.trunk.channels, shape.total_heads * shape.keypoints * 3, 1)
        nn.init.normal_(self.vote.weight, std=0.01)
        self.temperature = nn.Parameter(
            torch.full((shape.total_heads, shape.keypoints, 1), FIRST_TEMPERATURE)
        )
        self.grid = -(-shape.height // CELL), -(-shape.width // CELL)
        centres = cell_centres(*self.grid, (shape.height, shape.width))
        self.register_buffer("cells", centres, persistent=False)

    def regress(self, images: Tensor) -> Tensor:
        """N x 1 x height x width, standardised, to N x H x K x 2 pixels."""
        return self.read(self.trunk(images))

    def read(self, features: Tensor) -> Tensor:
        """The weighted mean of the cells' votes, of the trunk's N x C x rows x columns features."""
        weight, places = self._votes(features)
        return (weight[:, :, :, None] * places).sum(dim=-1)

    def heat_maps(self, images: Tensor) -> Tensor:
        """The weight of every cell's vote, wherever the vote points to."""
        weight, _ = self._votes(self.trunk(images))
        return weight.reshape(*weight.shape[:-1], *self.grid)

    def _votes(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """N x H x K x cells weights that add up to 1, and N x H x K x 2 x cells places."""
        heads, keypoints = self.shape.total_heads, self.shape.keypoints
        votes: Tensor = self.vote(features)
        votes = self.split_mirror_heads(votes.reshape(-1, heads, keypoints, 3, len(self.cells)))
        weight = (votes[:, :, :, 0] * self.temperature).softmax(dim=-1)
        return weight, self.cells.T + votes[:, :, :, 1:] * CELL


class GridNetS(GridNet):
    """Small enough to ship: 2.0 M parameters, 4 MB as float16."""

    channels = EIGHTH, 192


class GridNetXS(GridNet):
    """For a first look at a face: 0.4 M parameters, 0.9 MB as float16."""

    channels = 64, 80


class HeatmapNet(KeypointNetwork):
    """The keypoint is the mean place under its heat map."""

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
        self.heat = nn.Conv2d(CHANNELS, shape.total_heads * shape.keypoints, 1)
        nn.init.normal_(self.heat.weight, std=0.01)
        self.temperature = nn.Parameter(
            torch.full((shape.total_heads, shape.keypoints, 1), FIRST_TEMPERATURE)
        )
        self.grid = -(-shape.height // CELL) * 2, -(-shape.width // CELL) * 2
        centres = cell_centres(*self.grid, (shape.height, shape.width))
        self.register_buffer("cells", centres, persistent=False)

    def regress(self, images: Tensor) -> Tensor:
        """The mean of the heat map's pixels, weighted by their heat."""
        return self.heat_maps(images).flatten(-2) @ self.cells

    def heat_maps(self, images: Tensor) -> Tensor:
        """The heat maps, each made to add up to 1."""
        heat: Tensor = self.heat(self.deconvolution(images))
        heat = heat.reshape(-1, self.shape.total_heads, self.shape.keypoints, len(self.cells))
        heat = self.split_mirror_heads(heat)
        weight = (heat * self.temperature).softmax(dim=-1)
        return weight.reshape(*weight.shape[:-1], *self.grid)


class PlainNet(KeypointNetwork):
    """All features to all coordinates in one layer."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__(shape)
        self.features = nn.Sequential(Trunk(), nn.Flatten())
        self.head = nn.Linear(flat_features(self.features, shape), self.outputs)
        nn.init.normal_(self.head.weight, std=0.001)
