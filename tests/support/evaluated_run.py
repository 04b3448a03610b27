"""A run as an evaluation leaves it, without its networks: what a label review needs."""

from pathlib import Path

import numpy as np
from support.small_runs import QUICK

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.evaluation.audit import audit, write_audit
from kaggle_fkd.evaluation.oof_file import write_predictions
from kaggle_fkd.runs.find import evaluation_folder
from kaggle_fkd.runs.run import Run, start_run
from kaggle_fkd.training.labels import network_shape

AWAY = 12
"""Pixels between a label that is suspected and its prediction."""


def started_run(runs_dir: Path, faces: FaceDataset) -> Run:
    """A run on these faces, of which nothing is trained yet."""
    data = {"data_hash": faces.digest(), "sample_faces": True}
    return start_run(runs_dir, QUICK, data, faces.scheme, network_shape(faces, QUICK), "a CPU")


def evaluated_run(runs_dir: Path, faces: FaceDataset, suspects: int = 3) -> Path:
    """The folder of the evaluation of a new run.

    The nose tips of the first faces are suspected, those of the first one most.
    """
    folder = evaluation_folder(runs_dir, [started_run(runs_dir, faces)])
    predicted = np.ones((*faces.keypoints.shape[:2], 3), np.float32)
    predicted[..., :2] = np.nan_to_num(faces.keypoints) + 0.5
    predicted[:suspects, faces.scheme.nose_tip, 0] += AWAY - np.arange(suspects)
    write_audit(folder / "audit.csv", audit(predicted, faces))
    write_predictions(folder / "oof.csv", faces, predicted)
    return folder
