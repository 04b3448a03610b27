"""The loss of a detector: where faces are, how large, and how rotated."""

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from kaggle_fkd.annotated.detection.targets import Targets

BETA = 0.05
"""Errors below this share of a face's size count by their square (smooth L1)."""
SCORE_WEIGHT, EYES_WEIGHT, GUESSED_EYES = 2.0, 1.0, 0.4
"""Weights of the scores and of the eyes, relative to centre and size; factor for guessed eyes."""
MIN_QUALITY = 0.05
"""A cell that is to find a face has at least this score as its target."""


def detection_loss(
    predictions: Tensor, faces: Tensor, exact_eyes: Tensor, targets: Targets
) -> tuple[Tensor, Tensor]:
    """The loss of predictions N x C x 8 (see `DetectorNet`) for faces N x F x 7.

    Scores learn how well the cell's prediction overlaps the face (quality focal loss: Li et al.,
    "Generalized focal loss", 2020, arXiv 2006.04388). The second is the number of positive cells,
    by which the loss is divided.
    """
    positive = targets.face >= 0
    picture, _ = positive.nonzero(as_tuple=True)
    truth = faces[picture, targets.face[positive]]
    predicted = predictions[positive][:, 1:]
    exact = exact_eyes[picture, targets.face[positive]]
    place = place_loss(predicted, truth, exact)
    quality = torch.zeros_like(predictions[..., 0])
    overlap = _square_overlap(predicted.detach(), truth)
    quality[positive] = overlap.clamp(min=MIN_QUALITY)
    logit = predictions[..., 0]
    each = F.binary_cross_entropy_with_logits(logit, quality, reduction="none")
    score = (each * (quality - logit.sigmoid()).square())[~targets.ignored].sum()
    count = positive.sum().clamp(min=1)
    return (SCORE_WEIGHT * score + place.sum()) / count, count


def place_loss(predicted: Tensor, truth: Tensor, exact_eyes: Tensor) -> Tensor:
    """M, the loss of centre, size and eyes of M faces, M x 7, relative to their true sizes."""
    size = truth[:, 2:3]

    def smooth(first: Tensor, second: Tensor) -> Tensor:
        return F.smooth_l1_loss(first, second, beta=BETA, reduction="none").sum(dim=1)

    loss = smooth(predicted[:, :2] / size, truth[:, :2] / size)
    loss = loss + smooth(predicted[:, 2:3].log(), size.log())
    weight = EYES_WEIGHT * torch.where(exact_eyes, 1.0, GUESSED_EYES)
    return loss + weight * smooth(predicted[:, 3:] / size, truth[:, 3:] / size)


def _square_overlap(first: Tensor, second: Tensor) -> Tensor:
    """M, the intersection over union of upright squares: M x (x, y, side, ...)."""
    low = torch.maximum(first[:, :2] - first[:, 2:3] / 2, second[:, :2] - second[:, 2:3] / 2)
    high = torch.minimum(first[:, :2] + first[:, 2:3] / 2, second[:, :2] + second[:, 2:3] / 2)
    both = (high - low).clamp(min=0).prod(dim=1)
    return both / (first[:, 2].square() + second[:, 2].square() - both)
