"""What the first stage of a detector proposes, and the chips on which the second stage decides."""

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.imaging.chips import cut_chip
from kaggle_fkd.networks.detector_shape import CHIP, CHIP_FACE
from kaggle_fkd.photo.detection.faces import CENTRE, SIZE, upright_maps

NMS_DISTANCE = 0.7
"""Of faces whose centres are closer than this share of the larger one's size, the one with the
highest score stays. The overlap of boxes keeps proposals for a half or a double of a face: with it,
nearly all of the 96 false positives with the highest scores were such."""


def non_maximum_suppression(
    scores: NDArray[np.floating], faces: NDArray[np.floating], max_count: int | None = None
) -> NDArray[np.int64]:
    """Indices of the M faces, M x 7, that remain after non-maximum suppression, the best first.

    There are at most `max_count` of them.
    """
    waiting = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(waiting) and len(kept) != max_count:
        kept.append(int(waiting[0]))
        waiting = waiting[1:]
        waiting = waiting[~same_face(faces[waiting], faces[kept[-1:]])[:, 0]]
    return np.array(kept, np.int64)


def same_face(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.bool_]:
    """N x M, whether faces N x 7 and M x 7 are so near that they are taken for one."""
    distance = np.linalg.norm(first[:, None, CENTRE] - second[None, :, CENTRE], axis=2)
    sizes = np.maximum(first[:, SIZE, None], second[None, :, SIZE])
    return np.asarray(distance < NMS_DISTANCE * sizes)


def cut_chips(
    grey: NDArray[np.uint8], faces: NDArray[np.floating]
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """M x 48 x 48: M faces, M x 7, of a grey picture, H x W, upright and in one size.

    And M x 2 x 3, the similarities from the picture to the chips.
    """
    maps = upright_maps(faces, np.full(2, (CHIP - 1) / 2), CHIP_FACE)
    chips = [cut_chip(grey, each, CHIP) for each in maps]
    return np.stack(chips), maps
