"""What the training does about missing labels and label conventions: three treatments."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

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


def mean_face(faces: Faces, heads: int) -> NDArray[np.float32]:
    """heads x K x 2, where the keypoints lie on average in the faces that each head speaks for.

    A keypoint that those lack is taken from all faces; NaN when no face has it.
    """
    parts = [faces.of_convention(head) for head in range(heads)] if heads > 1 else [faces]
    own = np.stack([part.mean_keypoints() for part in parts])
    return np.where(np.isfinite(own), own, faces.mean_keypoints())


def head_count(scheme: KeypointScheme, treatment: str) -> int:
    """Heads of the network: one a convention, but the classic baselines know of none."""
    return len(scheme.conventions) if treatment == "masked" else 1
