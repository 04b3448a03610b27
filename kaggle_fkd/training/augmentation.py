"""Batched augmentation: one flip, affine map, contrast and brightness per face, in tensor code.

All random numbers come from a CPU generator, so that its state alone resumes a run exactly,
on every device.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from kaggle_fkd.config import AugmentConfig
from kaggle_fkd.keypoints import KeypointScheme


def augment(
    images: Tensor,
    keypoints: Tensor,
    scheme: KeypointScheme,
    config: AugmentConfig,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Changed copies of N x H x W grey images and their N x K x 2 keypoints in pixels.

    The images come back as floats in 0..255. Missing keypoints (NaN) stay missing.
    """
    count, device = len(images), images.device

    def uniform(reach: float, *shape: int) -> Tensor:
        return (2 * torch.rand(count, *shape, generator=generator) - 1) * reach

    mirrored = torch.rand(count, generator=generator) < config.flip
    images, keypoints = flip(images.float(), keypoints, mirrored.to(device), scheme)
    matrix = affine_matrix(
        rotation=uniform(math.radians(config.rotation)),
        scale=1 + uniform(config.scale),
        shift=uniform(config.shift, 2) * torch.tensor([images.shape[-1], images.shape[-2]]),
        size=(images.shape[-2], images.shape[-1]),
    )
    images, keypoints = warp(images, keypoints, matrix)
    mean = images.mean(dim=(1, 2), keepdim=True)
    images = (images - mean) * (1 + uniform(config.contrast, 1, 1)).to(device) + mean
    images = images + 255 * uniform(config.brightness, 1, 1).to(device)
    return images.clamp(0, 255), keypoints


def flip(
    images: Tensor, keypoints: Tensor, mirrored: Tensor, scheme: KeypointScheme
) -> tuple[Tensor, Tensor]:
    """Mirror the faces where `mirrored`, N, is true: x becomes W - 1 - x, left and right swap."""
    width = images.shape[-1]
    other = keypoints[:, list(scheme.flip_order)] * keypoints.new_tensor([-1, 1])
    other = other + keypoints.new_tensor([width - 1, 0])
    return (
        torch.where(mirrored[:, None, None], images.flip(-1), images),
        torch.where(mirrored[:, None, None], other, keypoints),
    )


def affine_matrix(rotation: Tensor, scale: Tensor, shift: Tensor, size: tuple[int, int]) -> Tensor:
    """N x 2 x 3 maps of pixels: turn by `rotation` (N, radians), scale (N), then shift (N x 2).

    Rotation and scale are about the centre of an image of `size` (height, width). Positive
    angles turn clockwise on the screen, as y points down.
    """
    cos, sin = scale * rotation.cos(), scale * rotation.sin()
    linear = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], -2)
    centre = linear.new_tensor([(size[1] - 1) / 2, (size[0] - 1) / 2])
    offset = centre - linear @ centre + shift
    return torch.cat([linear, offset[:, :, None]], dim=2)


def warp(images: Tensor, keypoints: Tensor, matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Move images (N x H x W, float) and keypoints (N x K x 2) by N x 2 x 3 maps of pixels.

    The maps may be on the CPU, whatever the images' device: they are small.
    What comes into view from outside repeats the border. Bilinear sampling through
    `affine_grid`, whose coordinates span -1..1 from the first pixel's edge to the last one's.
    """
    height, width = images.shape[-2:]
    linear, offset = matrix[:, :, :2], matrix[:, :, 2]
    device = images.device
    moved = keypoints @ linear.to(device).transpose(1, 2) + offset.to(device)[:, None]
    # grid_sample asks where each output pixel comes from: the inverse map, in -1..1 units.
    half = matrix.new_tensor([width / 2, height / 2])
    centre = half - 0.5
    inverse = torch.linalg.inv(linear)
    start = (inverse @ (centre - offset)[:, :, None])[:, :, 0] - centre
    theta = torch.cat([inverse * half / half[:, None], (start / half)[:, :, None]], dim=2)
    grid = F.affine_grid(theta.to(device), [len(images), 1, height, width], align_corners=False)
    # The border by hand, at the outermost pixels' centres: MPS lacked padding_mode="border" long.
    last = 1 - 0.5 / half.to(device)
    grid = torch.minimum(torch.maximum(grid, -last), last)
    warped = F.grid_sample(images[:, None], grid, mode="bilinear", align_corners=False)
    return warped[:, 0], moved
