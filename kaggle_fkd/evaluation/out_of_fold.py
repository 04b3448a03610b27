"""Out-of-fold predictions: every training face by the members that never trained on it."""

import numpy as np
import torch
from numpy.typing import NDArray

from kaggle_fkd.config import PredictConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.metrics import rmse
from kaggle_fkd.prediction.members import check_fits, predict_member
from kaggle_fkd.runs.run import Run
from kaggle_fkd.training.folds import held_out_by_each


def out_of_fold(
    run: Run, faces: FaceDataset, device: torch.device, config: PredictConfig
) -> NDArray[np.float32]:
    """N x K x 3 pixels of `faces.inner()`, the x, y and expected error of each keypoint: the mean
    over the finished members that held the face out.

    NaN for a face that no finished member held out, or one that was not trained for its convention.
    Repeats of an image are held out together, so that no member was trained on a repeat. `faces`
    are those that the run was trained on. Raises RunError when the run does not fit them.
    """
    seen = faces.inner()
    check_fits(run, seen)
    total = np.zeros((*faces.keypoints.shape[:2], 3), np.float32)
    count = np.zeros(len(faces), np.float32)
    members = run.members
    for member, held_out in zip(members, held_out_by_each(members, faces), strict=True):
        total[held_out] += predict_member(member, seen[held_out], device, config)
        count[held_out] += 1
    with np.errstate(invalid="ignore"):  # 0 / 0 for faces that no member held out
        return np.asarray(total / count[:, None, None], np.float32)


def covered_by(predicted: NDArray[np.floating], faces: FaceDataset) -> NDArray[np.bool_]:
    """N, the faces of which N x K x 3 predictions have every keypoint that is marked."""
    return np.asarray((np.isfinite(predicted).all(axis=2) | ~faces.marked).all(axis=1))


def oof_rmse(predicted: NDArray[np.floating], faces: FaceDataset) -> float:
    """The pooled RMSE in pixels over the faces that N x K x 3 predictions cover."""
    keypoints = predicted[..., :2]
    return rmse(keypoints, np.where(np.isfinite(keypoints), faces.keypoints, np.nan))
