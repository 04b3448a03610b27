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
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.metrics import rmse
from kaggle_fkd.prediction.members import check_fits, predict_member
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.files import write_text
from kaggle_fkd.training.members import held_out_faces

OUTLIER_PX = 12.0
"""Labels further than this from what is predicted are taken for wrong where that would decide: one
picture without a face can weigh as much as a quarter of all others."""
SUM_TO_ONE = 1e3
"""How much the fit insists that the weights sum to 1, against an error of 1 pixel on average."""


def out_of_fold(
    run: Run, faces: FaceDataset, device: torch.device, config: PredictConfig
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


def oof_rmse(predicted: NDArray[np.floating], faces: FaceDataset) -> float:
    """The pooled RMSE in pixels over the faces that N x K x 2 predictions cover."""
    return rmse(predicted, np.where(np.isfinite(predicted), faces.keypoints, np.nan))


def write_predictions(path: Path, faces: FaceDataset, keypoints: NDArray[np.floating]) -> None:
    """Write N x K x 2 keypoints as CSV: the row of training.csv, then its columns.

    Keypoints that a face's convention does not mark are left empty.
    """
    shown = np.where(faces.marked[:, :, None], keypoints.astype(np.float64), np.nan)
    table = pd.DataFrame(shown.reshape(len(faces), -1), columns=list(faces.scheme.feature_names))
    table.insert(0, "row", faces.ids)
    write_text(path, table.to_csv(index=False, float_format="%.4f"))


def read_predictions(path: Path, faces: FaceDataset) -> NDArray[np.float32]:
    """The N x K x 2 keypoints that `write_predictions` wrote for these faces, NaN where empty.

    Raises DataError when the file cannot be read or is of other faces.
    """
    remedy = "name the oof.csv of an evaluation of these faces"
    try:
        table = pd.read_csv(path)
        keypoints = table[list(faces.scheme.feature_names)].to_numpy(np.float32)
        rows = table["row"].to_numpy()
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path}: no predictions that can be read ({error})", remedy) from error
    if not np.array_equal(rows, faces.ids):
        raise DataError(f"{path}: its rows are not those of the training faces", remedy)
    return keypoints.reshape(faces.keypoints.shape)


def is_outlier(predicted: NDArray[np.floating], faces: FaceDataset) -> NDArray[np.bool_]:
    """N, the faces with a label more than OUTLIER_PX from the prediction, N x K x 2 pixels."""
    off = np.linalg.norm(predicted - faces.keypoints, axis=2)
    return np.asarray((off > OUTLIER_PX).any(axis=1))  # a missing label is NaN, and not far


def fit_ensemble_weights(
    predictions: Sequence[NDArray[np.floating]], faces: FaceDataset
) -> NDArray[np.float64]:
    """C x R weights, for each convention those whose mean of R predictions (N x K x 2) errs least.

    None is negative, and 1 is their sum. Least squares over the faces of the convention that all
    who know it predict; equal weights when there are none, 0 for those that do not know it.
    Wolpert, "Stacked generalization", 1992, with Breiman's non-negative weights, 1996.
    """
    stack = np.stack([p.astype(np.float64) for p in predictions], axis=-1)
    weights = np.full((len(faces.scheme.conventions), len(predictions)), 1 / len(predictions))
    for index in range(len(weights)):
        of_it = faces.convention == index
        knows = np.isfinite(stack[of_it]).any(axis=(0, 1, 2))
        if knows.any():
            weights[index] = 0
            weights[index, knows] = _fit(stack[of_it][..., knows], faces.keypoints[of_it])
    return weights


def _fit(stack: NDArray[np.float64], truth: NDArray[np.floating]) -> NDArray[np.float64]:
    """R weights of N x K x 2 x R predictions."""
    runs = stack.shape[-1]
    error = np.abs(stack.mean(axis=-1) - truth)
    usable = np.isfinite(error) & (error < OUTLIER_PX)
    if not usable.any():
        return np.full(runs, 1 / runs)
    inputs, target = stack[usable], truth[usable].astype(np.float64)
    # Around the mean prediction, which any weights that sum to 1 leave as it is.
    centre = inputs.mean(axis=1, keepdims=True)
    inputs, target = inputs - centre, target - centre[:, 0]
    scale = 1 / np.sqrt(len(target))
    rows = np.vstack([inputs * scale, np.full((1, runs), SUM_TO_ONE)])
    weights, _ = nnls(rows, np.append(target * scale, SUM_TO_ONE))
    return np.asarray(weights / weights.sum())


def weighted_mean(
    predictions: Sequence[NDArray[np.floating]],
    weights: NDArray[np.floating],
    convention: NDArray[np.integer],
) -> NDArray[np.float32]:
    """The mean of R predictions, N x K x 2, with the weights, C x R, of each face's convention, N.

    What a run does not predict (NaN) is left to the others; NaN where none predicts.
    """
    stack = np.ma.masked_invalid(np.stack(predictions))
    of_faces = np.broadcast_to(weights[convention].T[:, :, None, None], stack.shape)
    mean = np.ma.average(stack, axis=0, weights=of_faces)
    return np.ma.filled(mean, np.nan).astype(np.float32)


def weights_by_run(
    weights: NDArray[np.floating], names: Sequence[str], scheme: KeypointScheme
) -> dict[str, dict[str, float]]:
    """The weights, C x R, by the run's name and the convention's, for a record."""
    conventions = [convention.name for convention in scheme.conventions]
    return {
        name: dict(zip(conventions, from_run.tolist(), strict=True))
        for name, from_run in zip(names, weights.T, strict=True)
    }
