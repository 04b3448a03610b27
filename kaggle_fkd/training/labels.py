"""How the training treats missing labels and label conventions."""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kaggle_fkd.config import Config, TrainConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError, UsageError, suggest
from kaggle_fkd.imaging.warp import flip_keypoints
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.networks.shape import NetworkShape


def network_shape(faces: FaceDataset, config: Config) -> NetworkShape:
    """The input and output of a network that is trained on these faces.

    It has a head for each convention, and as many for mirrored faces if the training has mirrored
    and unmirrored faces; the classic baselines distinguish neither.
    """
    height, width = faces.inner().size
    train, conventions = config.train, len(faces.scheme.conventions)
    masked = train.labels == "masked"
    heads = conventions if masked and train.heads == "convention" else 1
    mirrored = masked and train.mirror_heads and 0 < config.augment.flip < 1
    return NetworkShape(height, width, len(faces.scheme.names), heads, mirrored)


def trainable(faces: FaceDataset, config: TrainConfig) -> NDArray[np.bool_]:
    """N, the faces for training and validation: those of `only_convention`, if it names one.

    Raises UsageError for a convention that the scheme does not have.
    """
    names = [convention.name for convention in faces.scheme.conventions]
    if not config.only_convention:
        return np.ones(len(faces), bool)
    if config.only_convention not in names:
        raise UsageError(
            f"train.only_convention={config.only_convention} is not a label convention of "
            f"{faces.scheme.name}",
            suggest(config.only_convention, names),
        )
    return np.asarray(faces.convention == names.index(config.only_convention))


def apply_label_policy(faces: FaceDataset, policy: str) -> FaceDataset:
    """The training faces after `policy` (masked, imputed or complete) has been applied.

    masked keeps every face and every gap. imputed, the classic baseline, fills each gap with
    the mean of that coordinate over all faces, whatever their convention. complete, the other
    classic baseline, keeps the faces with all keypoints; raises DataError when there are none.
    """
    if policy == "masked":
        return faces
    if policy == "imputed":
        # A keypoint that is never labelled has no mean: its gaps remain, and are masked.
        known = np.isfinite(faces.keypoints)
        return replace(faces, keypoints=np.where(known, faces.keypoints, faces.mean_keypoints()))
    complete = np.asarray(faces.labelled.all(axis=1))
    if not complete.any():
        raise DataError(
            "train.labels=complete: no training face has all keypoints",
            "train on all faces (train.labels=masked)",
        )
    return faces[complete]


def targets_by_head(
    keypoints: Tensor, heads: Tensor, shape: NetworkShape, scheme: KeypointScheme
) -> Tensor:
    """N x H x K x 2, the targets of each head for N x K x 2 labels; NaN: no target.

    The head that predicts a face (`heads`, N) learns all its labels; the other heads of the same
    side (mirrored or not) learn those that mean the same in every convention, as Kaggle's eye
    centres do.
    """
    total, device = shape.total_heads, keypoints.device
    targets = keypoints.new_full((len(keypoints), total, *keypoints.shape[1:]), torch.nan)
    agreed = list(scheme.agreed)
    same_side = torch.arange(total, device=device) // shape.heads == heads[:, None] // shape.heads
    targets[:, :, agreed] = keypoints[:, None, agreed].where(same_side[..., None, None], torch.nan)
    targets[torch.arange(len(keypoints), device=device), heads] = keypoints
    return targets


def mean_keypoints_by_head(faces: FaceDataset, shape: NetworkShape) -> Tensor:
    """H x K x 2, the mean keypoints of the faces that each head predicts, in pixels.

    A keypoint that those faces lack is taken from all faces; NaN when no face has it.
    """
    heads = shape.heads
    parts = [faces.in_convention(head) for head in range(heads)] if heads > 1 else [faces]
    own = np.stack([part.mean_keypoints() for part in parts])
    mean = torch.from_numpy(np.where(np.isfinite(own), own, faces.mean_keypoints()))
    mirrored = flip_keypoints(mean, faces.scheme, shape.width)
    return torch.cat([mean, mirrored]) if shape.mirrored else mean
