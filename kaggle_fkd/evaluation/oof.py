"""Out-of-fold predictions: every training face by the members that never trained on it; and what
weights several runs deserve, fitted where no network has seen the labels.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.optimize import nnls

from kaggle_fkd.config import PredictConfig
from kaggle_fkd.faces import Faces
from kaggle_fkd.prediction import check_fits, predict_member
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.files import write_text
from kaggle_fkd.training.ensemble import held_out_faces
from kaggle_fkd.training.metrics import rmse

WILD_PX = 15.0
"""Labels further than this from the plain mean are taken for wrong, and fit no weights: one face
without a face in it can weigh as much as a quarter of all others."""
SUM_TO_ONE = 1e3
"""How much the fit insists that the weights sum to 1, against an error of 1 pixel on average."""


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


def fit_weights(predictions: Sequence[NDArray[np.floating]], faces: Faces) -> list[float]:
    """Weights, none negative and 1 in sum, whose mean of R predictions (N x K x 2) errs least.

    Least squares over the faces that every one of them predicts; equal weights when there are
    none. Wolpert, "Stacked generalization", 1992, with Breiman's non-negative weights, 1996.
    """
    equal = [1 / len(predictions)] * len(predictions)
    stack = np.stack([p.astype(np.float64) for p in predictions], axis=-1)
    error = np.abs(stack.mean(axis=-1) - faces.keypoints)
    usable = np.isfinite(error) & (error < WILD_PX)
    if not usable.any():
        return equal
    inputs, target = stack[usable], faces.keypoints[usable].astype(np.float64)
    # Around the mean prediction, which any weights that sum to 1 leave as it is.
    centre = inputs.mean(axis=1, keepdims=True)
    inputs, target = inputs - centre, target - centre[:, 0]
    scale = 1 / np.sqrt(len(target))
    rows = np.vstack([inputs * scale, np.full((1, len(predictions)), SUM_TO_ONE)])
    weights, _ = nnls(rows, np.append(target * scale, SUM_TO_ONE))
    return list((weights / weights.sum()).tolist())


def weighted_mean(
    predictions: Sequence[NDArray[np.floating]], weights: Sequence[float]
) -> NDArray[np.float32]:
    """The mean of R predictions, N x K x 2, with these weights.

    What a run does not predict (NaN) is left to the others; NaN where none predicts.
    """
    stack = np.ma.masked_invalid(np.stack(predictions))
    mean = np.ma.average(stack, axis=0, weights=weights)
    return np.ma.filled(mean, np.nan).astype(np.float32)
