"""What the first stage of a detector proposes, and the chips on which the second stage decides."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kaggle_fkd.imaging.boxes import box_overlap
from kaggle_fkd.imaging.chips import cut_chip
from kaggle_fkd.imaging.similarity import similarity
from kaggle_fkd.networks.detector import CHIP
from kaggle_fkd.photo.detection.dataset import CENTRE, EYE_POINTS, SIZE

CONTEXT = 1.7
"""A chip shows the face and its surroundings, in sizes of the face."""
NMS_DISTANCE = 0.7
"""Of proposals whose centres are closer than this share of the larger one's size, the one with the
highest score stays. The overlap of boxes keeps proposals for a half or a double of a face: with it,
nearly all of the 96 false positives with the highest scores were such."""
FOUND_IOU = 0.35
"""A face is found if its square and that of a detection overlap by more than this (IoU)."""


def distinct(
    scores: NDArray[np.floating], faces: NDArray[np.floating], most: int
) -> NDArray[np.int64]:
    """Indices of the M faces, M x 7, that remain after non-maximum suppression, the best first.

    There are at most `most` of them.
    """
    waiting = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(waiting) and len(kept) < most:
        best, others = faces[waiting[0]], faces[waiting]
        kept.append(int(waiting[0]))
        distance = np.linalg.norm(others[:, CENTRE] - best[CENTRE], axis=1)
        far = distance >= NMS_DISTANCE * np.maximum(others[:, SIZE], best[SIZE])
        far[0] = False
        waiting = waiting[far]
    return np.array(kept, np.int64)


def cut_chips(grey: NDArray[np.uint8], faces: NDArray[np.floating]) -> Tensor:
    """M x 48 x 48 uint8: the faces, M x 7, of a grey picture, H x W, upright and in one size."""
    chips = [cut_chip(grey, each, CHIP) for each in chip_maps(faces)]
    return torch.from_numpy(np.stack(chips))


def chip_maps(faces: NDArray[np.floating]) -> NDArray[np.float64]:
    """M x 2 x 3, the similarities from a picture to the chips of faces, M x 7, in it.

    The line between the eyes becomes horizontal, the centre of the face that of the chip. A face
    whose eyes are in one place is not rotated.
    """
    centre = faces[:, CENTRE].astype(np.float64)
    across = faces[:, EYE_POINTS][:, 2:] - faces[:, EYE_POINTS][:, :2]
    length = np.linalg.norm(across, axis=1, keepdims=True)
    across = np.divide(across, length, out=np.tile([1.0, 0.0], (len(faces), 1)), where=length > 0)
    source = np.stack([centre, centre + across * faces[:, SIZE : SIZE + 1]], axis=1)
    middle = (CHIP - 1) / 2
    target = np.array([[middle, middle], [middle + CHIP / CONTEXT, middle]])
    return similarity(source, target)


def squares(faces: NDArray[np.floating]) -> NDArray[np.float64]:
    """M x 4, the upright squares of faces M x 7: x0, y0, x1, y1, the latter two exclusive."""
    half = faces[:, SIZE : SIZE + 1] / 2
    centre = faces[:, CENTRE] + 0.5
    return np.concatenate([centre - half, centre + half], axis=1).astype(np.float64)


def overlaps(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """N x M, the intersection over union of the squares of faces N x 7 and M x 7."""
    return box_overlap(squares(first), squares(second))
