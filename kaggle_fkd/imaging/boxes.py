"""Bounding boxes of faces.

A box is (x0, y0, x1, y1) in pixels, the latter two exclusive. Pixel centres have integer
coordinates, so a box edge is half a pixel outside the centre of its first pixel.
"""

import numpy as np
from numpy.typing import NDArray

BOX_MARGIN = 0.1
"""A face's box is the tight box of its keypoints, expanded on each side by this fraction of its
width and height."""


def box_of_keypoints(keypoints: NDArray[np.floating]) -> NDArray[np.float64]:
    """The face's box, `... x 4`, of keypoints `... x K x 2`: their tight box, expanded by 10 %."""
    low, high = keypoints.min(axis=-2) + 0.5, keypoints.max(axis=-2) + 0.5
    return expand_boxes(np.concatenate([low, high], axis=-1))


def expand_boxes(tight: NDArray[np.floating]) -> NDArray[np.float64]:
    """The faces' boxes, `... x 4`, of the tight boxes of their keypoints: expanded by 10 %."""
    margin = BOX_MARGIN * (tight[..., 2:] - tight[..., :2])
    low, high = tight[..., :2] - margin, tight[..., 2:] + margin
    return np.concatenate([low, high], axis=-1).astype(np.float64)


def shrink_boxes(boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    """The tight boxes, `... x 4`, of boxes that `expand_boxes` gave."""
    margin = BOX_MARGIN / (1 + 2 * BOX_MARGIN) * (boxes[..., 2:] - boxes[..., :2])
    low, high = boxes[..., :2] + margin, boxes[..., 2:] - margin
    return np.concatenate([low, high], axis=-1).astype(np.float64)


def box_overlap(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """N x M, the intersection over union (IoU) of boxes N x 4 with boxes M x 4."""
    low = np.maximum(first[:, None, :2], second[:, :2])
    high = np.minimum(first[:, None, 2:], second[:, 2:])
    both = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (first, second)]
    return np.asarray(both / (areas[0][:, None] + areas[1] - both))


def window_around(
    picture: NDArray[np.uint8], points: NDArray[np.floating], margin: float
) -> tuple[NDArray[np.uint8], NDArray[np.int_]]:
    """The part of a picture, H x W x 3, around points, P x 2, and the x and y of its first pixel.

    It is a view, expanded on each side by `margin` pixels, and empty if it is outside the picture.
    """
    limits = np.array(picture.shape[1::-1])
    x0, y0 = low = np.clip(np.floor(points.min(axis=0) - margin), 0, limits).astype(int)
    x1, y1 = np.clip(np.ceil(points.max(axis=0) + margin), 0, limits).astype(int)
    return picture[y0:y1, x0:x1], low
