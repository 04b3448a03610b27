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
from kaggle_fkd.system.process_group import ALONE, ProcessGroup

LOWER_BY = (2, 3, 4)
"""By what the resolution of a face is divided: chips of 112 pixels then show faces as if they were
of 45, 30 or 22 pixels."""
OCCLUDED_FROM, OCCLUDED_TO = 0.1, 0.5
"""Range of the sides of an occluding rectangle, as shares of the image's."""


def augment(
    images: Tensor,
    keypoints: Tensor,
    scheme: KeypointScheme,
    config: AugmentConfig,
    generator: torch.Generator,
    margin: int = 0,
    group: ProcessGroup = ALONE,
) -> tuple[Tensor, Tensor, Tensor]:
    """Changed copies of N x H x W grey images and of their N x K x 2 keypoints in pixels, and N,
    which of the faces are mirrored.

    The images are returned as floats in 0..255, without `margin` pixels at each side, which exist
    to be moved into view. Missing keypoints (NaN) stay missing. The N faces are a batch of the
    group: only this process's part is returned, changed as it would be by a process alone.
    """
    part = group.part_of(len(images))
    random = _Random(len(images), part, images.device, generator)
    images, keypoints = images[part], keypoints[part]
    # With bf16, faces of 96 pixels would move by 0.23 (RMS) to 1.0 pixels too much or too little.
    with torch.autocast(images.device.type, enabled=False):
        mirrored = random.bernoulli(config.flip)
        images, keypoints = flip(images.float(), keypoints, mirrored, scheme)
        images, keypoints = _move(images, keypoints, config, random, margin)
        return _change_light(images, config, random).clamp(0, 255), keypoints, mirrored


def change_light(images: Tensor, config: AugmentConfig, generator: torch.Generator) -> Tensor:
    """N x H x W grey values with other contrast, brightness, blur, noise and occlusion."""
    random = _Random(len(images), slice(None), images.device, generator)
    return _change_light(images, config, random)


class _Random:
    """Random numbers for each of `count` faces, drawn on the CPU; those of N go to the device."""

    def __init__(
        self, count: int, part: slice, device: torch.device, generator: torch.Generator
    ) -> None:
        """`part` says which of the faces are the N; the numbers of the others are drawn, too."""
        self.count, self.part, self.device, self.generator = count, part, device, generator

    def uniform(self, *shape: int) -> Tensor:
        """N x `shape`, uniform on [0, 1)."""
        numbers = torch.rand(self.count, *shape, generator=self.generator)
        return numbers[self.part].to(self.device)

    def symmetric_uniform(self, most: float, *shape: int) -> Tensor:
        """N x `shape`, uniform on [-most, most)."""
        return (2 * self.uniform(*shape) - 1) * most

    def normal(self, *shape: int) -> Tensor:
        """`shape`, normal with mean 0 and standard deviation 1, the same for all faces."""
        return torch.randn(shape, generator=self.generator).to(self.device)

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
        # Noise of its own for each face would take a third of the augmentation's time.
        images = images + spread[:, None, None] * random.normal(height, width)
    if config.occlusion:
        sides = images.new_tensor([width, height])
        size = OCCLUDED_FROM + (OCCLUDED_TO - OCCLUDED_FROM) * random.uniform(2)
        images = occlude(
            images, random.bernoulli(config.occlusion), random.uniform(2) * sides, size * sides,
            255 * random.uniform(),
        )  # fmt: skip
    if config.low_resolution:
        divisors = torch.tensor(LOWER_BY, device=images.device)
        factor = divisors[(len(LOWER_BY) * random.uniform()).long()]
        images = lower_resolution(
            images, torch.where(random.bernoulli(config.low_resolution), factor, 1)
        )
    return images


def relight(images: Tensor, contrast: Tensor, brightness: Tensor) -> Tensor:
    """N x H x W grey values with `contrast` (N, a factor about the face's mean) and `brightness`
    (N, added)."""
    mean = images.mean(dim=(1, 2), keepdim=True)
    return (images - mean) * contrast[:, None, None] + mean + brightness[:, None, None]


def blur(images: Tensor, strength: Tensor) -> Tensor:
    """Mix each face with its 3 x 3 box mean; `strength`, N, 0..1, is the share of the mean."""
    blurred = strength > 0
    sharp, strength = images[blurred], strength[blurred]
    soft = F.avg_pool2d(sharp[:, None], 3, stride=1, padding=1, count_include_pad=False)[:, 0]
    return images.index_put((blurred,), torch.lerp(sharp, soft, strength[:, None, None]))


def lower_resolution(images: Tensor, factor: Tensor) -> Tensor:
    """N x H x W grey values as if cut from pictures that are smaller by `factor`, N.

    It is 1, where nothing changes, or one of `LOWER_BY`.
    """
    height, width = images.shape[-2:]
    for divisor in LOWER_BY:
        chosen = factor == divisor
        small = F.avg_pool2d(images[chosen, None], divisor, ceil_mode=True, count_include_pad=False)
        large = F.interpolate(small, scale_factor=divisor, mode="bilinear")
        images = images.index_put((chosen,), large[:, 0, :height, :width])
    return images


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
