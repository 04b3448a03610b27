"""What happens to grey values alone: light, blur, noise and things in front of the face."""

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812


def relight(images: Tensor, contrast: Tensor, brightness: Tensor) -> Tensor:
    """N x H x W grey values with `contrast` (N, a factor about the face's mean) and `brightness`
    (N, added)."""
    mean = images.mean(dim=(1, 2), keepdim=True)
    return (images - mean) * contrast[:, None, None] + mean + brightness[:, None, None]


def blur(images: Tensor, strength: Tensor) -> Tensor:
    """Mix each face with its 3 x 3 box mean; `strength`, N, is that one's share, 0..1."""
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
