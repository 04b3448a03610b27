"""The trunk of the grid networks and their baselines: a small residual pyramid."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

STEM, QUARTER, EIGHTH, SIXTEENTH = 24, 64, 128, 256
"""Channels at a half, a quarter, an eighth and a sixteenth of the image's size."""


class Trunk(nn.Module):
    """Features at an eighth of the image's size, with the complete face in view.

    Residual blocks (He et al., 2015, arXiv 1512.03385) down to a sixteenth, whose features then
    join those at an eighth, as in Lin et al., "Feature Pyramid Networks", 2017 (arXiv
    1612.03144). No block works above an eighth: one at a quarter of 96 pixels costs as much as
    two below, and did not reduce the error. `eighth` and `sixteenth` are the channels there; with
    the defaults, the trunk has 2.8 M parameters.
    """

    def __init__(self, eighth: int = EIGHTH, sixteenth: int = SIXTEENTH) -> None:
        super().__init__()
        self.channels = eighth
        self.stem = nn.Sequential(conv(1, STEM, stride=2), conv(STEM, QUARTER, stride=2))
        self.eighth = nn.Sequential(Residual(QUARTER, eighth, 2), Residual(eighth, eighth))
        self.sixteenth = nn.Sequential(
            Residual(eighth, sixteenth, 2), Residual(sixteenth, sixteenth)
        )
        self.lateral = conv(sixteenth, eighth, kernel=1, activation=False)
        self.merge = conv(eighth, eighth)

    def forward(self, images: Tensor) -> Tensor:
        """N x 1 x H x W to N x channels x H/8 x W/8, sizes rounded up."""
        fine = self.eighth(self.stem(images))
        coarse = F.interpolate(self.lateral(self.sixteenth(fine)), size=fine.shape[2:])
        merged: Tensor = self.merge(F.relu(fine + coarse))
        return merged


class Residual(nn.Module):
    """Two convolutions beside a shortcut, which is a pooled projection where the size changes."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv(inputs, outputs, stride=stride), conv(outputs, outputs, activation=False)
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or inputs != outputs:
            # Averaging before the projection uses pixels that a strided one would skip (ResNet-D).
            pool = nn.AvgPool2d(stride, ceil_mode=True)
            self.shortcut = nn.Sequential(pool, conv(inputs, outputs, kernel=1, activation=False))

    def forward(self, features: Tensor) -> Tensor:
        """N x inputs x H x W to N x outputs x H/stride x W/stride."""
        return F.relu(self.body(features) + self.shortcut(features), inplace=True)


def conv(
    inputs: int,
    outputs: int,
    kernel: int = 3,
    stride: int = 1,
    activation: bool = True,
    groups: int = 1,
) -> nn.Sequential:
    """A convolution that keeps the size (or divides it by the stride), normalised, with ReLU."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    if activation:
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


def cell_centres(rows: int, columns: int, shape: tuple[int, int]) -> Tensor:
    """rows * columns x 2, x and y in pixels of the cells of a grid over a (height, width) image."""
    y = (torch.arange(rows) + 0.5) * (shape[0] / rows) - 0.5
    x = (torch.arange(columns) + 0.5) * (shape[1] / columns) - 0.5
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1).reshape(-1, 2)
