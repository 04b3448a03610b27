"""Which cells of the detector's grids answer for which face."""

from dataclasses import dataclass

import torch
from torch import Tensor

from kaggle_fkd.networks.detector import STRIDES

BOUNDS = (24.0, 60.0)
"""Sizes in pixels at which the next stride takes over."""
SHARED = 1.2
"""Within this factor of a bound, the other stride may answer, too: it is neither taught nor not."""
POSITIVE, POSITIVE_CELLS = 0.22, 0.71
"""Cells closer to a face's centre than this share of its size, or of a cell, are to find it: the
latter is half of a cell's diagonal, so that every face has at least one."""
UNCERTAIN, IGNORED, KNOWN = 0.5, 0.75, 0.9
"""In sizes from its centre: where the cells of a face's stride are neither taught to find it nor
not to, the extent of an ignored face, and that of what is known around the face of a picture whose
other faces are not labelled."""


@dataclass(frozen=True)
class Targets:
    """What the cells are taught, for N pictures, C cells and F faces in each picture at most."""

    face: Tensor
    """N x C, index of the face that a cell is to find; -1: none."""
    ignored: Tensor
    """N x C, true where the score is not taught."""


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


def _stride_of(size: Tensor) -> Tensor:
    """The stride whose cells answer for faces of that size."""
    level = sum((size >= bound).long() for bound in BOUNDS)
    return torch.tensor(STRIDES, device=size.device)[level]
