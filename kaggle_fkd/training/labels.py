"""What the training does about missing labels and label conventions: three treatments."""

import warnings
from dataclasses import replace

import numpy as np

from kaggle_fkd.errors import DataError
from kaggle_fkd.faces import Faces
from kaggle_fkd.keypoints import KeypointScheme


def treat_labels(faces: Faces, treatment: str) -> Faces:
    """The training faces as `treatment` (masked, imputed or complete) wants them.

    masked keeps every face and every gap. imputed, the classic baseline, fills each gap with
    the mean of that coordinate over all faces, whatever their convention. complete, the other
    classic, keeps the faces with all keypoints; raises DataError when there are none.
    """
    if treatment == "masked":
        return faces
    if treatment == "imputed":
        with warnings.catch_warnings():
            # A keypoint that nobody labelled has no mean: its gaps stay, and stay masked.
            warnings.filterwarnings("ignore", "Mean of empty slice", RuntimeWarning)
            mean = np.nanmean(faces.keypoints, axis=0)
        filled = np.where(np.isfinite(faces.keypoints), faces.keypoints, mean)
        return replace(faces, keypoints=filled.astype(np.float32))
    complete = np.asarray(faces.labelled.all(axis=1))
    if not complete.any():
        raise DataError(
            "train.labels=complete: no training face has all keypoints",
            "train on all faces: --set train.labels=masked",
        )
    return faces[complete]


def head_count(scheme: KeypointScheme, treatment: str) -> int:
    """Heads of the network: one a convention, but the classic baselines know of none."""
    return len(scheme.conventions) if treatment == "masked" else 1
