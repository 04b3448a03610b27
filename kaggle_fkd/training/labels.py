"""What the training does about missing labels and label conventions: three treatments."""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kaggle_fkd.config import TrainConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError, UsageError
from kaggle_fkd.imaging.warp import flip_keypoints
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.networks.network import NetworkShape


def trainable(faces: FaceDataset, config: TrainConfig) -> NDArray[np.bool_]:
    """N, the faces that may train or validate: those of the convention `only`, if it names one.

    Raises UsageError for a convention that the scheme does not have.
    """
    names = [convention.name for convention in faces.scheme.conventions]
    if not config.only:
        return np.ones(len(faces), bool)
    if config.only not in names:
        raise UsageError(
            f"train.only={config.only}: no label convention", f"choose one of {', '.join(names)}"
        )
    return np.asarray(faces.convention == names.index(config.only))


def apply_label_policy(faces: FaceDataset, treatment: str) -> FaceDataset:
    """The training faces as `treatment` (masked, imputed or complete) wants them.

    masked keeps every face and every gap. imputed, the classic baseline, fills each gap with
    the mean of that coordinate over all faces, whatever their convention. complete, the other
    classic, keeps the faces with all keypoints; raises DataError when there are none.
    """
    if treatment == "masked":
        return faces
    if treatment == "imputed":
        # A keypoint that nobody labelled has no mean: its gaps stay, and stay masked.
        known = np.isfinite(faces.keypoints)
        return replace(faces, keypoints=np.where(known, faces.keypoints, faces.mean_keypoints()))
    complete = np.asarray(faces.labelled.all(axis=1))
    if not complete.any():
        raise DataError(
            "train.labels=complete: no training face has all keypoints",
            "train on all faces: --set train.labels=masked",
        )
    return faces[complete]


def targets_by_head(
    keypoints: Tensor, heads: Tensor, shape: NetworkShape, scheme: KeypointScheme
) -> Tensor:
    """N x H x K x 2, what each head of a network learns from N x K x 2 labels; NaN: nothing.

    The head that speaks for a face (`heads`, N) learns all its labels; the others of the same side
    (mirrored or not) learn what means the same in every convention: Kaggle's eye centres.
    """
    every, device = shape.total_heads, keypoints.device
    targets = keypoints.new_full((len(keypoints), every, *keypoints.shape[1:]), torch.nan)
    agreed = list(scheme.agreed)
    same_side = torch.arange(every, device=device) // shape.heads == heads[:, None] // shape.heads
    targets[:, :, agreed] = keypoints[:, None, agreed].where(same_side[..., None, None], torch.nan)
    targets[torch.arange(len(keypoints), device=device), heads] = keypoints
    return targets


def mean_keypoints_by_head(faces: FaceDataset, shape: NetworkShape) -> Tensor:
    """H x K x 2, where the keypoints lie on average in the faces that each head speaks for.

    A keypoint that those lack is taken from all faces; NaN when no face has it.
    """
    heads = shape.heads
    parts = [faces.in_convention(head) for head in range(heads)] if heads > 1 else [faces]
    own = np.stack([part.mean_keypoints() for part in parts])
    mean = torch.from_numpy(np.where(np.isfinite(own), own, faces.mean_keypoints()))
    mirrored = flip_keypoints(mean, faces.scheme, shape.width)
    return torch.cat([mean, mirrored]) if shape.mirrored else mean
