"""What the second stage of a detector is trained on: the proposals of its first stage."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from kaggle_fkd.annotated.detection.crops import Batch
from kaggle_fkd.annotated.detection.loss import place_loss
from kaggle_fkd.annotated.detection.targets import FACE, UNLABELLED, label_proposals
from kaggle_fkd.networks.detector import DetectorNet
from kaggle_fkd.photo.detection.faces import rotated_faces, transform_faces
from kaggle_fkd.photo.detection.proposals import cut_chips, non_maximum_suppression

PROPOSALS, MIN_TRAINED_LOGIT = 6, -4.0
"""Of each crop, the second stage is trained on this many proposals at most, those with the highest
scores; below this logit there is none."""
BACKGROUND_WEIGHT = 2.0
"""Weight of a proposal that shows no face, relative to one that does. Photographs have 8 of the
former for one of the latter; crops of a training have 3, which are seen at two rolls, so 6."""
PLACE_WEIGHT = 0.3
"""Weight of the places of faces, relative to the scores."""
UNKNOWN = 0.25
"""Share of the proposals whose score of the first stage is hidden, that is, whose logit is 0: the
second stage also classifies faces that it was given without one."""


@dataclass(frozen=True)
class Proposals:
    """M proposals in crops, on the CPU."""

    chips: Tensor
    """M x 48 x 48 uint8."""
    logits: Tensor
    """M, those of the first stage."""
    is_face: Tensor
    """M."""
    faces: Tensor
    """M x 7 in pixels of the chips; without meaning where no face is."""
    exact_eyes: Tensor
    """M, true where the eyes are labelled."""


def collect_proposals(
    images: Tensor, predictions: Tensor, batch: Batch, generator: torch.Generator | None = None
) -> Proposals | None:
    """The best proposals of the first stage's predictions, N x C x 8, in N images, N x H x W.

    None when there are none whose label is known. With a generator, backgrounds are among them
    twice, the second time at a random roll, one for each image: where a detector is in doubt, it
    looks at other rolls.
    """
    rolls: list[float | None] = [None] * len(images)
    if generator is not None:
        rolls = (360 * torch.rand(len(images), generator=generator)).tolist()
    greys = images.to(torch.uint8).cpu().numpy()
    found = predictions.detach().float().cpu().numpy()
    parts = [
        part
        for index, (grey, rows) in enumerate(zip(greys, found, strict=True))
        if (part := _of_crop(grey, rows, batch, index, rolls[index])) is not None
    ]
    return Proposals(*map(torch.cat, zip(*parts, strict=True))) if parts else None


def second_stage_loss(
    network: DetectorNet, proposals: Proposals, generator: torch.Generator | None
) -> Tensor:
    """The cross-entropy of the scores, and the loss of the places of faces.

    With a generator, some scores of the first stage are hidden.
    """
    device = next(network.parameters()).device
    logits = proposals.logits
    if generator is not None:
        hidden = torch.rand(len(logits), generator=generator) < UNKNOWN
        logits = torch.where(hidden, 0.0, logits)
    refined = network.refine(proposals.chips.to(device), logits.to(device))
    is_face = proposals.is_face.to(device)
    weight = torch.where(is_face, 1.0, BACKGROUND_WEIGHT)
    score = F.binary_cross_entropy_with_logits(refined[:, 0], is_face.float(), weight=weight)
    faces, exact = proposals.faces.to(device)[is_face], proposals.exact_eyes.to(device)[is_face]
    place = place_loss(refined[is_face][:, 1:], faces, exact).sum()
    return score + PLACE_WEIGHT * place / max(len(faces), 1)


def _of_crop(
    grey: NDArray[np.uint8], predicted: NDArray[np.float32], batch: Batch, index: int,
    roll: float | None,
) -> tuple[Tensor, ...] | None:  # fmt: skip
    """The fields of `Proposals` for one crop, whose predictions are C x 8.

    `roll` is that at which backgrounds are seen once more.
    """
    labelled = batch.labelled[index]
    faces, ignored, exact = (
        each[index][labelled].numpy() for each in (batch.faces, batch.ignored, batch.exact_eyes)
    )
    found = predicted[predicted[:, 0] >= MIN_TRAINED_LOGIT]
    found = found[non_maximum_suppression(found[:, 0], found[:, 1:], PROPOSALS)]
    label, face = label_proposals(found[:, 1:], faces, ignored, bool(batch.complete[index]))
    known = label != UNLABELLED
    found, label, face = found[known], label[known], face[known]
    if not len(found):
        return None
    if roll is not None:
        background = np.flatnonzero(label != FACE)
        again = found[background]
        again[:, 1:] = rotated_faces(again[:, 1:], roll)
        found = np.concatenate([found, again])
        label, face = np.append(label, label[background]), np.append(face, face[background])
    chips, maps = cut_chips(grey, found[:, 1:])
    truth, exact_eyes = np.ones((len(found), 7), np.float32), np.zeros(len(found), bool)
    is_face = label == FACE
    truth[is_face] = transform_faces(maps[is_face], faces[face[is_face]])
    exact_eyes[is_face] = exact[face[is_face]]
    fields = (found[:, 0], is_face, truth, exact_eyes)
    return tuple(map(torch.from_numpy, (chips, *fields)))
