"""The grid networks: a small trunk, and a coarse grid of cells that vote for each keypoint.

After PIPNet (Jin et al., "Pixel-in-Pixel Net", 2021, arXiv 2003.03771), which uses the offset of
the best cell. The mean over all cells (Sun et al., "Integral Human Pose Regression", 2018, arXiv
1711.08229) has no jumps, and can be trained on the error of the keypoints themselves.
"""

import torch
from torch import Tensor, nn

from kaggle_fkd.networks.network import KeypointNetwork, standardise
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.networks.trunk import EIGHTH, SIXTEENTH, Trunk, cell_centres

CELL = 8
"""Width and height of a cell in pixels, the unit of the offsets."""
FIRST_TEMPERATURE = 4.0
"""Initial factor on the logits of the cells' weights; it is learnt for each keypoint."""


class GridNet(KeypointNetwork):
    """For every keypoint, each cell predicts a weight, an offset from its centre, and an error."""

    cells: Tensor
    """rows * columns x 2, the cells' centres in pixels."""
    channels = EIGHTH, SIXTEENTH
    """Channels of the trunk at an eighth and a sixteenth of the image's size."""

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__(shape)
        self.trunk = Trunk(*self.channels)
        self.vote = nn.Conv2d(self.trunk.channels, shape.total_heads * shape.keypoints * 4, 1)
        nn.init.normal_(self.vote.weight, std=0.01)
        self.temperature = nn.Parameter(
            torch.full((shape.total_heads, shape.keypoints, 1), FIRST_TEMPERATURE)
        )
        rows, columns = -(-shape.height // CELL), -(-shape.width // CELL)
        centres = cell_centres(rows, columns, (shape.height, shape.width))
        self.register_buffer("cells", centres, persistent=False)

    def regress(self, images: Tensor) -> Tensor:
        """N x 1 x height x width, standardised, to N x H x K x 3 pixels."""
        return self._mean(self._votes(self.trunk(images)), self.temperature, self.calibration)

    def predict(self, images: Tensor, heads: Tensor) -> Tensor:
        """As `forward`, with the votes of one head for each face, in a quarter less time."""
        features = self.trunk(standardise(images)).flatten(2)
        weight, bias = (self._by_head(each)[heads] for each in self.vote.parameters())
        votes = torch.baddbmm(bias[..., None], weight, features)
        votes = votes.view(-1, self.shape.keypoints, 4, len(self.cells))
        return self._mean(votes, self.temperature[heads], self.calibration[heads])

    def _votes(self, features: Tensor) -> Tensor:
        """N x H x K x 4 x cells: logit of the weight, offset in x and y, logarithm of the error.

        The features are N x C x rows x columns.
        """
        heads, keypoints = self.shape.total_heads, self.shape.keypoints
        votes: Tensor = self.vote(features)
        return self.split_mirror_heads(votes.reshape(-1, heads, keypoints, 4, len(self.cells)))

    def _mean(self, votes: Tensor, temperature: Tensor, calibration: Tensor) -> Tensor:
        """... x K x 3, what the votes, ... x K x 4 x cells, are on average.

        `temperature`, ... x K x 1, and `calibration`, ... x K, are those of their heads.
        """
        weight = (votes[..., 0, :] * temperature).softmax(dim=-1)
        positions = self.cells.T + votes[..., 1:3, :] * CELL
        keypoints = (weight[..., None, :] * positions).sum(dim=-1)
        # The weights are learnt from the keypoints alone.
        logarithms = (weight.detach() * votes[..., 3, :]).sum(dim=-1)
        return self.with_errors(keypoints, logarithms, calibration)

    def _by_head(self, parameter: Tensor) -> Tensor:
        """H x 4 K x C or H x 4 K, the weight or the bias of the votes for each head."""
        size = self.shape.total_heads, 4 * self.shape.keypoints, *parameter.shape[1:2]
        return self.split_mirror_heads(parameter.reshape(1, *size))[0]


class GridNetS(GridNet):
    """A smaller one: 2.0 M parameters."""

    channels = EIGHTH, 192


class GridNetXS(GridNet):
    """The smallest: 0.4 M parameters."""

    channels = 64, 80
