"""Warps of batches of images with their keypoints: mirror images, homographies."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from kaggle_fkd.keypoints import KeypointScheme


def flip(
    images: Tensor, keypoints: Tensor, mirrored: Tensor, scheme: KeypointScheme
) -> tuple[Tensor, Tensor]:
    """Mirror the faces where `mirrored`, N, is true: x becomes W - 1 - x, left and right swap.

    Images are N x H x W, keypoints N x K x 2.
    """
    other = flip_keypoints(keypoints, scheme, images.shape[-1])
    return (
        torch.where(mirrored[:, None, None], images.flip(-1), images),
        torch.where(mirrored[:, None, None], other, keypoints),
    )


def flip_keypoints(keypoints: Tensor, scheme: KeypointScheme, width: int) -> Tensor:
    """The N x K x 2 keypoints of the mirror images, which are `width` pixels wide."""
    swapped = keypoints[:, list(scheme.flip_order)] * keypoints.new_tensor([-1, 1])
    return swapped + keypoints.new_tensor([width - 1, 0])


def homography(
    rotation: Tensor,
    scale: Tensor,
    shear: Tensor,
    perspective: Tensor,
    shift: Tensor,
    size: tuple[int, int],
) -> Tensor:
    """N x 3 x 3 maps of pixels about the centre of an image of `size` (height, width).

    Applied in this order: `shear` (N, the share of y that is added to x), `scale` (N), `rotation`
    (N, radians, clockwise on the screen as y points down), `perspective` (N x 2, the share by which
    the picture shrinks from the centre to the right and to the lower border), `shift` (N x 2,
    pixels).
    """
    count = len(rotation)
    cos, sin = scale * rotation.cos(), scale * rotation.sin()
    half = rotation.new_tensor([size[1] / 2, size[0] / 2])
    identity = torch.eye(3, device=rotation.device)
    matrix = identity.repeat(count, 1, 1)
    matrix[:, 0, 0], matrix[:, 0, 1] = cos, cos * shear - sin
    matrix[:, 1, 0], matrix[:, 1, 1] = sin, sin * shear + cos
    matrix[:, 2, :2] = ((perspective / half)[:, None] @ matrix[:, :2, :2])[:, 0]
    to_centre, back = identity.clone(), identity.repeat(count, 1, 1)
    to_centre[:2, 2] = 0.5 - half
    back[:, :2, 2] = half - 0.5 + shift
    return back @ matrix @ to_centre


def warp(
    images: Tensor, keypoints: Tensor, matrix: Tensor, margin: int = 0
) -> tuple[Tensor, Tensor]:
    """Move images (N x H x W, float) and keypoints (N x K x 2) by N x 3 x 3 maps of pixels.

    `matrix` may be on the CPU, whatever the images' device: it is small. Outside the image its
    border is repeated; the outermost `margin` pixels at each side are cut off.
    """
    height, width = (length - 2 * margin for length in images.shape[-2:])
    device = images.device
    matrix = matrix.to(device)
    if margin:
        crop = torch.eye(3, device=device)
        crop[:2, 2] = -margin
        matrix = crop @ matrix
    # Sampling needs the place that each output pixel comes from: the inverse map.
    pixels = _pixels((height, width), device).view(-1, 2)
    source = apply_homography(pixels, torch.linalg.inv(matrix))
    warped = sample_bilinear(images[:, None], source.unflatten(1, (height, width)))
    return warped[:, 0], apply_homography(keypoints, matrix)


def zoom(images: Tensor, factor: float) -> Tensor:
    """N x H x W faces enlarged by a factor about the centre; outside, the border is repeated."""
    if factor == 1:
        return images.float()
    size = images.shape[-2:]
    source = zoom_points(_pixels(size, images.device), 1 / factor, size)
    return sample_bilinear(images[:, None].float(), source.expand(len(images), -1, -1, -1))[:, 0]


def zoom_points(points: Tensor, factor: float, size: Sequence[int]) -> Tensor:
    """Points (`... x 2`) of an image of `size` (height, width) where `zoom` moves them."""
    centre = points.new_tensor([size[1] - 1, size[0] - 1]) / 2
    return centre + (points - centre) * factor


def apply_homography(points: Tensor, matrix: Tensor) -> Tensor:
    """N x P x 2, the images of points under N x 3 x 3 homographies.

    The points are N x P x 2, or P x 2 that are the same for all.
    """
    # All x lie before all y in memory: with pairs side by side, augmentation takes twice as long.
    moved = matrix @ F.pad(points, (0, 1), value=1).mT
    return (moved[:, :2] / moved[:, 2:]).mT


def sample_bilinear(maps: Tensor, points: Tensor) -> Tensor:
    """N x C x h x w, the values of N x C x H x W maps at N x h x w x 2 pixels.

    Bilinear; outside the maps their border is repeated.
    """
    size = points.new_tensor([maps.shape[-1], maps.shape[-2]])
    # grid_sample's -1..1 spans from the first pixel's edge to the last one's. Points are clamped to
    # the outermost pixels' centres by hand, as MPS lacked padding_mode="border" for a long time.
    inside = torch.minimum(points.clamp(min=0), size - 1)
    return F.grid_sample(maps, (2 * inside + 1) / size - 1, mode="bilinear", align_corners=False)


def _pixels(size: Sequence[int], device: torch.device) -> Tensor:
    """H x W x 2, the x and y of each pixel of an image of `size` (height, width)."""
    rows, columns = (torch.arange(n, dtype=torch.float32, device=device) for n in size)
    return torch.stack(torch.meshgrid(columns, rows, indexing="xy"), dim=-1)
