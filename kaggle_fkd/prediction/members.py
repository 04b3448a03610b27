"""Keypoints of faces by the members of a run."""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from kaggle_fkd.config import PredictConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import RunError
from kaggle_fkd.prediction.batches import head_index, images_on
from kaggle_fkd.prediction.tta import predict_with_tta
from kaggle_fkd.runs.member import Member
from kaggle_fkd.runs.run import Run


def predict_faces(
    run: Run, faces: FaceDataset, device: torch.device, config: PredictConfig
) -> NDArray[np.float32]:
    """N x K x 3 pixels, x, y and expected error of each keypoint: the mean over the run's members,
    each face by the head of its own convention; NaN for faces of a convention for which a member
    was not trained.

    Raises RunError if the run has no finished member, or was trained for other keypoints or another
    image size.
    """
    check_fits(run, faces)
    members = run.require_members().members
    each = [predict_member(member, faces, device, config) for member in members]
    return np.asarray(np.mean(each, axis=0))


def predict_member(
    member: Member, faces: FaceDataset, device: torch.device, config: PredictConfig
) -> NDArray[np.float32]:
    """N x K x 3 pixels, as `predict_faces`, by one network; RunError for unreadable weights.

    Mirror images are used only if the network was trained on them.
    """
    config = replace(config, tta_flip=config.tta_flip and member.config.augment.flip > 0)
    network = member.load_network(device)
    heads = head_index(device, faces, member.shape.heads)
    predicted = predict_with_tta(network, images_on(device, faces), heads, faces.scheme, config)
    for index, convention in enumerate(faces.scheme.conventions):
        if not member.trained_for(convention.name):
            predicted[faces.convention == index] = np.nan
    return predicted


def check_fits(run: Run, faces: FaceDataset) -> None:
    """RunError when the run was trained for other keypoints or another image size."""
    if run.scheme != faces.scheme or (run.shape.height, run.shape.width) != faces.size:
        raise RunError(
            f"{run.folder}: the run was trained for the scheme {run.scheme.name} on images of "
            f"{run.shape.width} x {run.shape.height} pixels; these faces have the scheme "
            f"{faces.scheme.name} and {faces.size[1]} x {faces.size[0]} pixels",
            "use another run",
        )
