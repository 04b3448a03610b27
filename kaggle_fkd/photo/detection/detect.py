"""`detect`: the faces that a detector network finds in a picture."""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from kaggle_fkd.imaging.chips import block_means
from kaggle_fkd.networks.detector import STRIDES, DetectorNet
from kaggle_fkd.photo.detection.dataset import CENTRE, SIZE, transform_faces

REDUCTION = 3
"""A picture is also searched at a third of its size, for faces that are larger than the crops that
the network is trained on; that takes a ninth of the time of the first search."""
ENLARGEMENT = np.array([[REDUCTION, 0, (REDUCTION - 1) / 2], [0, REDUCTION, (REDUCTION - 1) / 2]])
"""2 x 3, from pixels of the reduced picture, each of which is a block, to those of the picture."""
LARGE = 50.0
"""In the reduced picture, only faces of this size in pixels are looked for: the first search finds
smaller ones."""
NMS_DISTANCE = 0.7
"""Of answers whose centres are closer than this share of the larger one's size, the one with the
highest score stays. The overlap of boxes keeps answers for a half or a double of a face: with it,
nearly all of the 96 false positives with the highest scores were such."""


@dataclass(frozen=True)
class Detections:
    """M faces, the one with the highest score first."""

    scores: NDArray[np.float32]
    """M, 0..1."""
    faces: NDArray[np.float32]
    """M x 7 in pixels, as in `PhotographDataset`."""

    @classmethod
    def none(cls) -> Self:
        """No face."""
        return cls(np.zeros(0, np.float32), np.zeros((0, 7), np.float32))


def detect(network: DetectorNet, grey: NDArray[np.uint8], least_score: float) -> Detections:
    """The faces in a grey picture, H x W, whose scores are at least `least_score`.

    The network is in evaluation mode.
    """
    answers = [_answers(network, grey, least_score)]
    if min(grey.shape) >= REDUCTION * LARGE / 2:
        small = block_means(grey, REDUCTION, cv2.BORDER_REPLICATE)
        large = _answers(network, small, least_score)
        large = large[large[:, 1 + SIZE] >= LARGE]
        large[:, 1:] = transform_faces(ENLARGEMENT, large[:, 1:])
        answers.append(large)
    found = np.concatenate(answers)
    kept = _distinct(found)
    return Detections(found[kept, 0], found[kept, 1:])


def squares(faces: NDArray[np.floating]) -> NDArray[np.float64]:
    """M x 4, the upright squares of faces M x 7: x0, y0, x1, y1, the latter two exclusive."""
    half = faces[:, SIZE : SIZE + 1] / 2
    centre = faces[:, CENTRE] + 0.5
    return np.concatenate([centre - half, centre + half], axis=1).astype(np.float64)


def _distinct(found: NDArray[np.float32]) -> list[int]:
    """Indices of the answers, M x 8, that remain after non-maximum suppression, the best first."""
    faces = found[:, 1:]
    kept: list[int] = []
    for index in np.argsort(-found[:, 0], kind="stable"):
        distance = np.linalg.norm(faces[kept][:, CENTRE] - faces[index, CENTRE], axis=1)
        if (distance >= NMS_DISTANCE * np.maximum(faces[kept][:, SIZE], faces[index, SIZE])).all():
            kept.append(int(index))
    return kept


@torch.inference_mode()
def _answers(
    network: DetectorNet, grey: NDArray[np.uint8], least_score: float
) -> NDArray[np.float32]:
    """M x 8: score, and the face in pixels, of the cells with that score."""
    height, width = grey.shape
    rows, columns = (-(-length // STRIDES[-1]) * STRIDES[-1] for length in grey.shape)
    device = next(network.parameters()).device
    images = torch.zeros((1, rows, columns), dtype=torch.uint8, device=device)
    images[0, :height, :width] = torch.from_numpy(np.ascontiguousarray(grey)).to(device)
    answers = network(images)[0]
    answers[:, 0] = answers[:, 0].sigmoid()
    return np.asarray(answers[answers[:, 0] >= least_score].cpu().numpy(), np.float32)
