"""What a detector is trained to predict: the face of each cell, and whether a proposal is one."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kaggle_fkd.networks.detector_shape import STRIDES
from kaggle_fkd.photo.detection.faces import CENTRE, SIZE, overlaps

BOUNDS = (24.0, 60.0)
"""Sizes in pixels at which the next stride takes over."""
SHARED = 1.2
"""Within this factor of a bound, the cells of the other stride are left out of the loss of the
scores."""
POSITIVE, POSITIVE_CELLS = 0.22, 0.71
"""Cells closer to a face's centre than this share of its size, or of a cell, are to find it: the
latter is half of a cell's diagonal, so that every face has at least one."""
UNCERTAIN, IGNORED, KNOWN = 0.5, 0.75, 0.9
"""Distances from a face's centre, in sizes of the face: of its stride's cells that are not to find
it, those within the first are left out of the loss of the scores; so are all cells within the
second of an ignored face, and those beyond the third in a picture with unlabelled faces."""
FOUND_IOU = 0.35
"""A face is found if its square and that of a detection overlap by more than this (IoU)."""
BACKGROUND_IOU = 0.15
"""A proposal that overlaps every face by less than this (IoU) shows none."""
FACE, BACKGROUND, UNLABELLED = 1, 0, -1
"""Labels of proposals; the last are left out of the loss."""


@dataclass(frozen=True)
class Targets:
    """The targets of C cells in N pictures, with F faces in each picture at most."""

    face: Tensor
    """N x C, index of the face that a cell is to find; -1: none."""
    ignored: Tensor
    """N x C, true where the score is left out of the loss."""


def assign(
    faces: Tensor, labelled: Tensor, ignored: Tensor, complete: Tensor, cells: Tensor,
    strides: Tensor,
) -> Targets:  # fmt: skip
    """The targets of cells C x 2, with strides C, for faces N x F x 7 (see `PhotographDataset`).

    `labelled`, N x F, is false for padding; `ignored`, N x F, is true for faces that are neither
    to be found nor background; `complete`, N, is false where there may be unlabelled faces.
    """
    centre, size = faces[:, None, :, :2], faces[:, None, :, 2]
    stride = strides[None, :, None]
    distance = (cells[None, :, None] - centre).norm(dim=-1)  # N x C x F
    wanted = (labelled & ~ignored)[:, None]
    level = _stride_of(size)
    near = distance < torch.maximum(POSITIVE * size, POSITIVE_CELLS * stride)
    positive = (level == stride) & near & wanted
    uncertain = (level == stride) & (distance < UNCERTAIN * size)
    either = (_stride_of(size / SHARED) == stride) | (_stride_of(size * SHARED) == stride)
    doubtful = (uncertain | (either & near)) & wanted
    extent = torch.maximum(IGNORED * size, stride.float())
    doubtful |= (distance < extent) & (labelled & ignored)[:, None]
    known = ((distance < KNOWN * size) & labelled[:, None]).any(dim=-1) | complete[:, None]
    relative = torch.where(positive, distance / size, torch.inf)
    closest, face = relative.min(dim=-1)
    found = closest < torch.inf
    return Targets(torch.where(found, face, -1), (doubtful.any(dim=-1) | ~known) & ~found)


def label_proposals(
    proposed: NDArray[np.floating], faces: NDArray[np.floating], ignored: NDArray[np.bool_],
    complete: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    """M labels of proposals, M x 7, in a picture with faces F x 7, some of them ignored, F.

    In a picture that is not `complete`, only what is around its labelled faces is background. The
    second result, M, are the indices of the faces of proposals that are labelled FACE.
    """
    overlap = overlaps(proposed, faces)
    distance = np.linalg.norm(proposed[:, None, CENTRE] - faces[:, CENTRE], axis=2)
    labels = np.full(len(proposed), BACKGROUND)
    unsure = (overlap > BACKGROUND_IOU) | (ignored & (distance < IGNORED * faces[:, SIZE]))
    labels[unsure.any(axis=1)] = UNLABELLED
    if not complete:
        labels[~(distance < KNOWN * faces[:, SIZE]).any(axis=1)] = UNLABELLED
    overlap[:, ignored] = 0
    labels[overlap.max(axis=1, initial=0) > FOUND_IOU] = FACE
    return labels, overlap.argmax(axis=1) if len(faces) else np.zeros(len(proposed), np.int64)


def _stride_of(size: Tensor) -> Tensor:
    """The stride whose cells find faces of that size."""
    level = sum((size >= bound).long() for bound in BOUNDS)
    return torch.tensor(STRIDES, device=size.device)[level]
