"""Batched augmentation in tensor code: the random amounts differ from face to face.

All random numbers come from a CPU generator, so that its state alone resumes the sequence exactly,
on every device. imaging/warp.py moves pixels; this module changes grey values.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from kaggle_fkd.config import AugmentConfig
from kaggle_fkd.imaging.warp import flip, homography, warp
from kaggle_fkd.keypoints import KeypointScheme

OCCLUDED_FROM, OCCLUDED_TO = 0.1, 0.5
"""Range of the sides of an occluding rectangle, as shares of the image's."""


def augment(
    images: Tensor,
    keypoints: Tensor,
    scheme: KeypointScheme,
    config: AugmentConfig,
    generator: torch.Generator,
    margin: int = 0,
) -> tuple[Tensor, Tensor, Tensor]:
    """Changed copies of N x H x W grey images and of their N x K x 2 keypoints in pixels, and N,
    which of the faces are mirrored.

    The images are returned as floats in 0..255, without `margin` pixels at each side, which exist
    to be moved into view. Missing keypoints (NaN) stay missing.
    """
    random = _Random(len(images), images.device, generator)
    mirrored = random.bernoulli(config.flip)
    images, keypoints = flip(images.float(), keypoints, mirrored, scheme)
    images, keypoints = _move(images, keypoints, config, random, margin)
    return _change_light(images, config, random).clamp(0, 255), keypoints, mirrored


def change_light(images: Tensor, config: AugmentConfig, generator: torch.Generator) -> Tensor:
    """N x H x W grey values with other contrast, brightness, blur, noise and occlusion."""
    return _change_light(images, config, _Random(len(images), images.device, generator))


class _Random:
    """Random numbers for each of `count` faces, drawn on the CPU and sent to the device."""

    def __init__(self, count: int, device: torch.device, generator: torch.Generator) -> None:
        self.count, self.device, self.generator = count, device, generator

    def uniform(self, *shape: int) -> Tensor:
        """N x `shape`, uniform on [0, 1)."""
        return torch.rand(self.count, *shape, generator=self.generator).to(self.device)

    def symmetric_uniform(self, most: float, *shape: int) -> Tensor:
        """N x `shape`, uniform on [-most, most)."""
        return (2 * self.uniform(*shape) - 1) * most

    def normal(self, spread: float, *shape: int) -> Tensor:
        """N x `shape`, normal with mean 0 and that standard deviation."""
        return (torch.randn(self.count, *shape, generator=self.generator) * spread).to(self.device)

    def bernoulli(self, probability: float) -> Tensor:
        """N, true with that probability."""
        return self.uniform() < probability


def _move(
    images: Tensor, keypoints: Tensor, config: AugmentConfig, random: _Random, margin: int
) -> tuple[Tensor, Tensor]:
    height, width = images.shape[-2:]
    seen = images.new_tensor([width, height]) - 2 * margin
    matrix = homography(
        rotation=random.symmetric_uniform(math.radians(config.rotation)),
        scale=1 + random.symmetric_uniform(config.scale),
        shear=random.symmetric_uniform(config.shear),
        perspective=random.symmetric_uniform(config.perspective, 2),
        shift=random.symmetric_uniform(config.shift, 2) * seen,
        size=(height, width),
    )
    return warp(images, keypoints, matrix, margin)


def _change_light(images: Tensor, config: AugmentConfig, random: _Random) -> Tensor:
    height, width = images.shape[-2:]
    images = relight(
        images,
        1 + random.symmetric_uniform(config.contrast),
        255 * random.symmetric_uniform(config.brightness),
    )
    if config.blur:
        images = blur(images, random.bernoulli(config.blur) * random.uniform())
    if config.noise:
        spread = 255 * config.noise * random.uniform()
        images = images + spread[:, None, None] * random.normal(1, height, width)
    if config.occlusion:
        sides = images.new_tensor([width, height])
        size = OCCLUDED_FROM + (OCCLUDED_TO - OCCLUDED_FROM) * random.uniform(2)
        images = occlude(
            images, random.bernoulli(config.occlusion), random.uniform(2) * sides, size * sides,
            255 * random.uniform(),
        )  # fmt: skip
    return images


def relight(images: Tensor, contrast: Tensor, brightness: Tensor) -> Tensor:
    """N x H x W grey values with `contrast` (N, a factor about the face's mean) and `brightness`
    (N, added)."""
    mean = images.mean(dim=(1, 2), keepdim=True)
    return (images - mean) * contrast[:, None, None] + mean + brightness[:, None, None]


def blur(images: Tensor, strength: Tensor) -> Tensor:
    """Mix each face with its 3 x 3 box mean; `strength`, N, 0..1, is the share of the mean."""
    soft = F.avg_pool2d(images[:, None], 3, stride=1, padding=1, count_include_pad=False)[:, 0]
    return torch.lerp(images, soft, strength[:, None, None])


def occlude(images: Tensor, covered: Tensor, centre: Tensor, size: Tensor, grey: Tensor) -> Tensor:
    """Cover a rectangle of each face where `covered`, N, is true: random erasing, arXiv 1708.04896.

    `centre` and `size`, N x 2, are x and y in pixels; `grey`, N, is the colour.
    """
    height, width = images.shape[-2:]
    columns = torch.arange(width, device=images.device)
    rows = torch.arange(height, device=images.device)
    near_x = (columns - centre[:, :1]).abs() < size[:, :1] / 2
    near_y = (rows - centre[:, 1:]).abs() < size[:, 1:] / 2
    inside = near_y[:, :, None] & near_x[:, None, :] & covered[:, None, None]
    return torch.where(inside, grey[:, None, None], images)
