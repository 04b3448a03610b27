"""Chips: the aligned square crops of faces that networks take.

Training and inference cut their chips with the same function.
"""

import math
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", np.uint8, np.float32)

BORDER = 2
"""Extra pixels around the chip's area, for interpolation."""


def cut_chip(
    grey: NDArray[np.uint8],
    matrix: NDArray[np.floating],
    size: int,
    around: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """The size x size chip of a picture, H x W, under the map `matrix`, 2 x 3, to the chip.

    Bilinear; outside the picture its border is repeated, or, if given, the chip is `around`, which
    has the chip's size. A picture that shrinks by a factor of 2 or more is first averaged over
    blocks of pixels, so that fine detail does not alias.
    """
    x0, y0, x1, y1, shrink = _window(grey, matrix, size)
    window = block_means(grey[y0:y1, x0:x1], shrink, cv2.BORDER_REPLICATE)
    # A pixel of the window covers `shrink` pixels of the picture, from edge to edge.
    middle = (shrink - 1) / 2
    to_picture = np.array([[shrink, 0, x0 + middle], [0, shrink, y0 + middle], [0, 0, 1]])
    chip = cv2.warpAffine(
        window, matrix @ to_picture, (size, size),
        dst=None if around is None else around.copy(), flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE if around is None else cv2.BORDER_TRANSPARENT,
    )  # fmt: skip
    return chip.astype(np.uint8, copy=False)


def _window(
    grey: NDArray[np.uint8], matrix: NDArray[np.floating], size: int
) -> tuple[int, int, int, int, int]:
    """x0, y0, x1, y1 of the part of the picture that the chip needs, and the factor it shrinks by.

    Without this, the complete picture would be averaged for each of its faces.
    """
    # Plain numbers: as arrays, these few take longer than the chip itself.
    (xx, xy, x_shift), (yx, yy, y_shift) = matrix.tolist()
    area = xx * yy - xy * yx  # negative for a mirror image
    shrink = int(min(max(abs(area) ** -0.5, 1), max(grey.shape)))  # no block is larger than it
    height, width = grey.shape
    corners = [(x - x_shift, y - y_shift) for x in (0, size - 1) for y in (0, size - 1)]
    x = [(yy * along - xy * down) / area for along, down in corners]
    y = [(xx * down - yx * along) / area for along, down in corners]
    border = BORDER * shrink
    return (
        _within(math.floor(min(x)) - border, width), _within(math.floor(min(y)) - border, height),
        _within(math.ceil(max(x)) + border, width) + 1,
        _within(math.ceil(max(y)) + border, height) + 1,
        shrink,
    )  # fmt: skip


def _within(position: int, length: int) -> int:
    """The nearest of the positions 0..length - 1."""
    return min(max(position, 0), length - 1)


def block_means(image: NDArray[Number], shrink: int, border: int) -> NDArray[Number]:
    """The mean of every shrink x shrink block of an image, H x W or H x W x C.

    The last blocks are padded with OpenCV's `border`. If that is repeated, blocks are no longer
    than the image: they would be the same, but padded to squares, a long picture has gigabytes.
    """
    if shrink == 1:
        return image
    height, width = image.shape[:2]
    # Complete blocks of 2000 x 2000 pixels take 2 ms, other ratios 12 ms.
    down = across = shrink
    if border == cv2.BORDER_REPLICATE:
        down, across = min(shrink, height), min(shrink, width)
    padded = cv2.copyMakeBorder(image, 0, -height % down, 0, -width % across, border)
    size = (padded.shape[1] // across, padded.shape[0] // down)
    means = cv2.resize(padded, size, interpolation=cv2.INTER_AREA)
    return means.astype(image.dtype, copy=False)
