"""Out-of-fold predictions: every training face by the members that never trained on it."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from kaggle_fkd.config import PredictConfig
from kaggle_fkd.faces import Faces
from kaggle_fkd.prediction.predictor import check_fits, predict_member
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.files import write_text
from kaggle_fkd.training.ensemble import held_out_faces
from kaggle_fkd.training.metrics import rmse


def out_of_fold(
    run: Run, faces: Faces, device: torch.device, config: PredictConfig
) -> NDArray[np.float32]:
    """N x K x 2 pixels of `faces.inner()`, by the mean of the finished members that held it out.

    NaN for a face that every finished member trained on. Repeats of an image are held out
    together, so none of them is predicted by a network that knows its label.
    """
    seen = faces.inner()
    check_fits(run, seen)
    total = np.zeros(faces.keypoints.shape, np.float32)
    count = np.zeros(len(faces), np.float32)
    for member in run.members:
        held_out = held_out_faces(member, faces)
        total[held_out] += predict_member(member, seen[held_out], device, config)
        count[held_out] += 1
    with np.errstate(invalid="ignore"):  # 0 / 0 where nobody predicts
        return total / count[:, None, None]


def oof_rmse(predicted: NDArray[np.floating], faces: Faces) -> float:
    """The pooled RMSE in pixels over the faces that N x K x 2 predictions cover."""
    return rmse(predicted, np.where(np.isfinite(predicted), faces.keypoints, np.nan))


def write_predictions(path: Path, faces: Faces, keypoints: NDArray[np.floating]) -> None:
    """Write N x K x 2 keypoints as CSV: the row of training.csv, then its columns.

    Keypoints that a face's convention does not mark are left empty.
    """
    shown = np.where(faces.marked[:, :, None], keypoints.astype(np.float64), np.nan)
    table = pd.DataFrame(shown.reshape(len(faces), -1), columns=list(faces.scheme.feature_names))
    table.insert(0, "row", faces.ids)
    write_text(path, table.to_csv(index=False, float_format="%.4f"))
