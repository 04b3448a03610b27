"""`DetectorNet`: a face detector of two stages.

The first stage searches the picture, after FCOS (Tian et al., 2019, arXiv 1904.01355) and YuNet (Wu
et al., "YuNet: A tiny millisecond-level face detector", 2023): each cell of a grid says whether a
face is centred there, and how its own place differs from the face. The second stage looks again at
every proposal of the first, cut out upright and in one size, as in Zhang et al., "Joint Face
Detection and Alignment using Multitask Cascaded Convolutional Networks", 2016 (arXiv 1604.02878).

Dense convolutions: on a CPU, training steps take half the time of those of depthwise ones, which
have a third of the multiplications.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from kaggle_fkd.networks.detector_shape import CHIP, CHIP_FACE, STRIDES
from kaggle_fkd.networks.network import standardise
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.networks.trunk import cell_centres, conv

CHANNELS = (16, 24, 40, 48, 56)
"""Channels at 1/2, 1/4, 1/8, 1/16 and 1/32 of the picture's size."""
MERGED = 40
"""Channels of the features from which the outputs are computed."""
OUTPUTS = 8
"""Of each cell: the logit of a face, x and y of its centre, log size, x and y of both eyes."""
PRIOR = -4.0
"""Initial logit: nearly all cells are background."""
GREY, SPREAD = 128.0, 64.0
"""Grey values are standardised by these: a face may be anywhere in a picture, so its own mean and
contrast are not known."""
SIZE_LIMIT = 3.0
"""A face is at most e^3 times as large as two cells, and at least 1 / e^3 times."""
CHIP_CHANNELS = (20, 40, 56, 72)
"""Channels of the second stage at 1/2, 1/4, 1/8 and 1/16 of the chip's size."""


class DetectorNet(nn.Module):
    """Score, centre, size and eyes of a face in each cell, and a second look at each proposal.

    0.29 M parameters, 0.58 MB in float16: nearly half of them in the first stage.

    The size of a face is the square root of the area of the tight box of iBUG's points.
    """

    def __init__(self, shape: NetworkShape) -> None:
        super().__init__()
        self.shape = shape
        half, quarter, *others = CHANNELS
        self.stem = nn.Sequential(conv(1, half, stride=2), conv(half, quarter, stride=2))
        self.stages = nn.ModuleList(
            nn.Sequential(conv(inputs, outputs, stride=2), _Residual(outputs))
            for inputs, outputs in zip([quarter, *others], others, strict=False)
        )
        self.lateral = nn.ModuleList(conv(each, MERGED, 1, activation=False) for each in others)
        self.merge = nn.ModuleList(_separable(MERGED) for _ in others)
        self.heads = nn.ModuleList(nn.Conv2d(MERGED, OUTPUTS, 1) for _ in others)
        for head in self.heads:
            nn.init.normal_(head.weight, std=0.01)  # type: ignore[arg-type]
            nn.init.zeros_(head.bias)  # type: ignore[arg-type]
            nn.init.constant_(head.bias[:1], PRIOR)  # type: ignore[index]
        self.second_stage = _SecondStage()

    def forward(self, images: Tensor) -> Tensor:
        """N x height x width grey values 0..255 to N x C x 8, for the C cells of all strides.

        The logit of a face, then in pixels: x and y of its centre, its size, and x and y of its
        right and its left eye. Height and width are multiples of the largest stride.
        """
        features = self.stem((images.unsqueeze(1).float() - GREY) / SPREAD)
        levels = []
        for stage, lateral in zip(self.stages, self.lateral, strict=True):
            features = stage(features)
            levels.append(lateral(features))
        outputs = []
        above: Tensor | None = None
        for level, merge, head, stride in reversed(
            list(zip(levels, self.merge, self.heads, STRIDES, strict=True))
        ):
            joined = level if above is None else level + F.interpolate(above, size=level.shape[2:])
            above = merge(F.relu(joined))
            outputs.append(_in_pixels(head(above).float(), stride))
        return torch.cat(outputs[::-1], dim=1)

    def refine(self, chips: Tensor, logits: Tensor) -> Tensor:
        """N x 8, the faces of N chips, N x 48 x 48 grey values 0..255: as `forward` gives them.

        Their places are in pixels of the chips. `logits`, N, are those of the first stage.
        """
        refined: Tensor = self.second_stage(chips, logits)
        return refined


class _SecondStage(nn.Module):
    """The second stage: mean and maximum of its features, and the first stage's logit, decide."""

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = CHIP_CHANNELS
        self.features = nn.Sequential(
            conv(1, half, stride=2),
            conv(half, quarter, stride=2), _Residual(quarter),
            conv(quarter, eighth, stride=2), _Residual(eighth),
            conv(eighth, sixteenth, stride=2), _Residual(sixteenth),
        )  # fmt: skip
        self.decide = nn.Linear(2 * sixteenth + 1, 1)
        self.place = nn.Linear((CHIP // 16) ** 2 * sixteenth, OUTPUTS - 1)
        nn.init.normal_(self.place.weight, std=0.001)
        nn.init.zeros_(self.place.bias)

    def forward(self, chips: Tensor, logits: Tensor) -> Tensor:
        """See `DetectorNet.refine`."""
        features = self.features(standardise(chips)).float()
        pooled = [features.mean((2, 3)), features.amax((2, 3)), logits[:, None]]
        logit = self.decide(torch.cat(pooled, dim=1)).float()
        centre, size, eyes = self.place(features.flatten(1)).float().split((2, 1, 4), dim=-1)
        middle = (CHIP - 1) / 2
        return _face(logit, middle + centre * CHIP_FACE, CHIP_FACE, size, eyes)


class _Residual(nn.Module):
    """One convolution beside a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = conv(channels, channels, activation=False)

    def forward(self, features: Tensor) -> Tensor:
        """N x channels x H x W, and the same again."""
        return F.relu(features + self.body(features))


def _separable(channels: int) -> nn.Sequential:
    """A depthwise convolution and a pointwise one, each normalised, with ReLU."""
    return nn.Sequential(conv(channels, channels, groups=channels), conv(channels, channels, 1))


def _in_pixels(outputs: Tensor, stride: int) -> Tensor:
    """N x 8 x rows x columns, relative to the cells, to N x cells x 8 in pixels."""
    cells = _cells(outputs.shape[2], outputs.shape[3], stride).to(outputs.device)
    logit, centre, size, eyes = outputs.flatten(2).transpose(1, 2).split((1, 2, 1, 4), dim=-1)
    return _face(logit, cells + centre * stride, 2 * stride, size, eyes)


def _face(logit: Tensor, centre: Tensor, unit: float, size: Tensor, eyes: Tensor) -> Tensor:
    """`... x 8`: log size in units, and eyes relative to centre and size, become pixels."""
    size = unit * (SIZE_LIMIT * (size / SIZE_LIMIT).tanh()).exp()
    eyes = torch.cat([centre, centre], dim=-1) + eyes * size
    return torch.cat([logit, centre, size, eyes], dim=-1)


def all_cells(height: int, width: int) -> tuple[Tensor, Tensor]:
    """C x 2, the centres in pixels of the cells of all strides, in the network's order; C, strides.

    Raises ValueError when height or width is not a multiple of the largest stride.
    """
    if height % STRIDES[-1] or width % STRIDES[-1]:
        raise ValueError(f"{height} x {width} is not a multiple of {STRIDES[-1]}")
    grids = [_cells(height // s, width // s, s) for s in STRIDES]
    strides = [torch.full((len(grid),), s) for grid, s in zip(grids, STRIDES, strict=True)]
    return torch.cat(grids), torch.cat(strides)


def _cells(rows: int, columns: int, stride: int) -> Tensor:
    """rows * columns x 2, the centres in pixels of the cells of one stride."""
    return cell_centres(rows, columns, (rows * stride, columns * stride))
