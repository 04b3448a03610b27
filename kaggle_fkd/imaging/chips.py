"""Chips: the upright square cut-outs that networks see, and the maps from a picture to them.

A map is a 2 x 3 matrix that takes picture coordinates to chip coordinates, pixel centres at whole
numbers on both sides. Training and inference cut their chips with the same functions.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

BOX_MARGIN = 0.1
"""A face's box is the tight box of its keypoints plus this share of its sides at each side."""
SPARE = 2
"""Pixels cut around what a chip covers, so that interpolation finds its neighbours."""


def similarity(source: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """`... x 2 x 3`, the turn, scaling and shift that takes source to target, `... x P x 2`.

    Least squares without reflection (Umeyama 1991), which in the plane is the regression of one
    complex number on another. The source must have at least two different points.
    """
    from_z, to_z = _complex(source), _complex(target)
    from_mean, to_mean = from_z.mean(-1, keepdims=True), to_z.mean(-1, keepdims=True)
    from_z = from_z - from_mean
    covariance = (from_z.conj() * (to_z - to_mean)).sum(-1)
    turn = covariance / (np.abs(from_z) ** 2).sum(-1)
    shift = to_mean[..., 0] - turn * from_mean[..., 0]
    rows = [[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]]
    return np.moveaxis(np.array(rows), (0, 1), (-2, -1))


def transform_points(
    matrix: NDArray[np.floating], points: NDArray[np.floating]
) -> NDArray[np.float64]:
    """The points `... x P x 2` where the map `... x 2 x 3` takes them."""
    linear, shift = matrix[..., :2], matrix[..., 2]
    return np.asarray(points @ np.swapaxes(linear, -1, -2) + shift[..., None, :], np.float64)


def invert(matrix: NDArray[np.floating]) -> NDArray[np.float64]:
    """The map back, `... x 2 x 3`."""
    linear = np.linalg.inv(matrix[..., :2])
    return np.concatenate([linear, -linear @ matrix[..., 2:]], axis=-1)


def box_of_keypoints(keypoints: NDArray[np.floating]) -> NDArray[np.float64]:
    """The face's box, `... x 4`, of keypoints `... x K x 2`: tight and 10 % more at each side.

    x0, y0, x1, y1, the latter two exclusive: an edge lies half a pixel before the pixel's centre.
    """
    low, high = keypoints.min(axis=-2) + 0.5, keypoints.max(axis=-2) + 0.5
    spare = BOX_MARGIN * (high - low)
    return np.concatenate([low - spare, high + spare], axis=-1).astype(np.float64)


def box_overlap(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """N x M, intersection over union of boxes N x 4 with boxes M x 4."""
    low = np.maximum(first[:, None, :2], second[:, :2])
    high = np.minimum(first[:, None, 2:], second[:, 2:])
    both = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (first, second)]
    return np.asarray(both / (areas[0][:, None] + areas[1] - both))


def similarity_of_box(
    box: NDArray[np.floating], mean_shape: NDArray[np.floating]
) -> NDArray[np.float64]:
    """2 x 3, the upright map that puts the face in `box` where `mean_shape`, K x 2, lies.

    `box` is x0, y0, x1, y1 of positive area, as `box_of_keypoints` makes it. Its centre goes to
    the centre of the mean face's own box, and its area to that box's area.
    """
    target = box_of_keypoints(mean_shape)
    sides, target_sides = box[2:] - box[:2], target[2:] - target[:2]
    scale = np.sqrt(target_sides.prod() / sides.prod())
    centre, target_centre = (box[:2] + box[2:] - 1) / 2, (target[:2] + target[2:] - 1) / 2
    return np.column_stack([scale * np.eye(2), target_centre - scale * centre])


def cut_chip(grey: NDArray[np.uint8], matrix: NDArray[np.floating], size: int) -> NDArray[np.uint8]:
    """The size x size chip of a picture, H x W, under the map `matrix`, 2 x 3.

    Bilinear; beyond the picture's edge its border is repeated. A picture that shrinks by 2 or
    more is first averaged over blocks of pixels, so that fine detail does not alias.
    """
    x0, y0, x1, y1, shrink = _window(grey, matrix, size)
    window = grey[y0:y1, x0:x1]
    if shrink > 1:
        window = _reduced(window, shrink)
    # A pixel of the window covers `shrink` pixels of the picture, from edge to edge.
    middle = (shrink - 1) / 2
    to_picture = np.array([[shrink, 0, x0 + middle], [0, shrink, y0 + middle], [0, 0, 1]])
    chip = cv2.warpAffine(
        window, matrix @ to_picture, (size, size),
        flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return chip.astype(np.uint8, copy=False)


def _reduced(grey: NDArray[np.uint8], shrink: int) -> NDArray[np.uint8]:
    """The mean of every shrink x shrink block; the last ones are filled up with the border."""
    height, width = grey.shape
    # Of 2000 x 2000 pixels whole blocks take 2 ms, other ratios 12 ms.
    whole = cv2.copyMakeBorder(grey, 0, -height % shrink, 0, -width % shrink, cv2.BORDER_REPLICATE)
    size = (whole.shape[1] // shrink, whole.shape[0] // shrink)
    return cv2.resize(whole, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _window(
    grey: NDArray[np.uint8], matrix: NDArray[np.floating], size: int
) -> tuple[int, int, int, int, int]:
    """x0, y0, x1, y1 of the part of the picture that the chip needs, and by how much it shrinks.

    Without this, a large picture would be averaged as a whole for each of its faces.
    """
    back = invert(matrix)
    wanted = np.sqrt(np.linalg.det(back[:, :2]))
    shrink = int(np.clip(wanted, 1, max(grey.shape)))  # no block is larger than the picture
    end = size - 1
    corners = transform_points(back, np.array([[0, 0], [end, 0], [0, end], [end, end]]))
    spare = SPARE * shrink
    last = np.array(grey.shape[::-1]) - 1
    low = np.clip(np.floor(corners.min(axis=0)) - spare, 0, last).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0)) + spare, 0, last).astype(int) + 1
    return int(low[0]), int(low[1]), int(high[0]), int(high[1]), shrink


def _complex(points: NDArray[np.floating]) -> NDArray[np.complex128]:
    return np.asarray(points[..., 0] + 1j * points[..., 1])
