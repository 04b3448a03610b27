"""`detect`: the faces that a detector network finds in a picture."""

import math
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from kaggle_fkd.imaging.chips import block_means
from kaggle_fkd.imaging.similarity import invert
from kaggle_fkd.networks.detector import STRIDES, DetectorNet
from kaggle_fkd.photo.detection.faces import SIZE, transform_faces
from kaggle_fkd.photo.detection.proposals import cut_chips, distinct

SEARCHED_SIDE = 800
"""The first stage searches pictures whose longer side exceeds this, in pixels, reduced to it."""
REDUCTION = 3
"""A picture is also searched at a third of its size, for faces that are larger than the crops that
the network is trained on; that takes a ninth of the time of the first search."""
LARGE = 50.0
"""In the reduced picture, only faces of this size in pixels are looked for: the first search finds
smaller ones."""
LEAST_PROPOSAL = 0.15
"""Proposals of the first stage below this score are dropped."""
LEAST_LOGIT = math.log(LEAST_PROPOSAL / (1 - LEAST_PROPOSAL))
MOST_PROPOSALS = 200
"""The second stage looks at this many proposals of a picture at most, the best."""


@dataclass(frozen=True)
class Detections:
    """M faces, the one with the highest score first."""

    scores: NDArray[np.float32]
    """M, 0..1."""
    faces: NDArray[np.float32]
    """M x 7, as in `kaggle_fkd.photo.detection.faces`."""

    @classmethod
    def none(cls) -> Self:
        """No face."""
        return cls(np.zeros(0, np.float32), np.zeros((0, 7), np.float32))


def detect(network: DetectorNet, grey: NDArray[np.uint8], least_score: float) -> Detections:
    """The faces in a grey picture, H x W, whose scores are at least `least_score`.

    The network is in evaluation mode.
    """
    logits, faces = propose(network, grey)
    if not len(faces):
        return Detections.none()
    scores, faces = refine(network, grey, logits, faces)
    wanted = scores >= least_score
    scores, faces = scores[wanted], faces[wanted]
    kept = distinct(scores, faces, MOST_PROPOSALS)
    return Detections(scores[kept], faces[kept])


def propose(
    network: DetectorNet, grey: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """M logits of the first stage for a grey picture, H x W, and M x 7 faces."""
    searched, scale = grey, min(1.0, SEARCHED_SIDE / max(grey.shape))
    if scale < 1:
        height, width = (max(1, round(scale * length)) for length in grey.shape)
        resized = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
        searched = resized.astype(np.uint8, copy=False)
    proposals = [_search(network, searched)]
    if min(searched.shape) >= REDUCTION * LARGE / 2:
        small = block_means(searched, REDUCTION, cv2.BORDER_REPLICATE)
        large = _search(network, small)
        large = large[large[:, 1 + SIZE] >= LARGE]
        large[:, 1:] = transform_faces(_enlargement(REDUCTION), large[:, 1:])
        proposals.append(large)
    found = np.concatenate(proposals)
    found = found[distinct(found[:, 0], found[:, 1:], MOST_PROPOSALS)]
    return found[:, 0], transform_faces(_enlargement(1 / scale), found[:, 1:])


def _enlargement(factor: float) -> NDArray[np.float64]:
    """2 x 3, from pixels of a reduced picture, each of which covers several, to the picture's."""
    middle = (factor - 1) / 2
    return np.array([[factor, 0, middle], [0, factor, middle]])


@torch.inference_mode()
def _search(network: DetectorNet, grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """M x 8: logit, and the face in pixels, of the cells of the first stage that propose one."""
    height, width = grey.shape
    rows, columns = (-(-length // STRIDES[-1]) * STRIDES[-1] for length in grey.shape)
    padded = np.zeros((1, rows, columns), np.uint8)
    padded[0, :height, :width] = grey
    found = network(torch.from_numpy(padded).to(next(network.parameters()).device))[0]
    return np.asarray(found[found[:, 0] >= LEAST_LOGIT].cpu().numpy(), np.float32)


@torch.inference_mode()
def refine(
    network: DetectorNet, grey: NDArray[np.uint8], logits: NDArray[np.float32],
    faces: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:  # fmt: skip
    """M scores of the second stage, 0..1, for M faces, M x 7; and M x 7, where it sees them."""
    device = next(network.parameters()).device
    chips, maps = cut_chips(grey, faces)
    refined = network.refine(chips.to(device), torch.from_numpy(logits).to(device))
    scores = np.asarray(refined[:, 0].sigmoid().cpu().numpy(), np.float32)
    return scores, transform_faces(invert(maps), refined[:, 1:].cpu().numpy())
