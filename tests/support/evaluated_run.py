"""A run as an evaluation leaves it, without its networks: what a label review needs."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from support.small_runs import QUICK, quick

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.evaluation.audit import audit, write_audit
from kaggle_fkd.evaluation.oof_file import write_predictions
from kaggle_fkd.runs.find import evaluation_folder
from kaggle_fkd.runs.run import Run, start_run
from kaggle_fkd.training.label_fixes import Fix, apply_fixes, write_fixes
from kaggle_fkd.training.labels import network_shape

AWAY = 12
"""Pixels between a label that is suspected and its prediction."""


def started_run(runs_dir: Path, faces: FaceDataset, fixes: Sequence[Fix] = ()) -> Run:
    """A run on these faces with label fixes, of which nothing is trained yet."""
    config = quick(label_fixes="fixes.csv") if fixes else QUICK
    data = {"data_hash": apply_fixes(faces, fixes).digest(), "sample_faces": True}
    run = start_run(runs_dir, config, data, faces.scheme, network_shape(faces, config), "a CPU")
    if run.label_files.fixes:
        write_fixes(run.label_files.fixes, fixes)
    return run


def evaluated_run(runs_dir: Path, faces: FaceDataset, suspects: int = 3) -> Path:
    """The folder of the evaluation of a new run; see `write_evaluation`."""
    folder = evaluation_folder(runs_dir, [started_run(runs_dir, faces)])
    return write_evaluation(folder, faces, suspects)


def write_evaluation(folder: Path, faces: FaceDataset, suspects: int = 3) -> Path:
    """An evaluation in that folder.

    The nose tips of the first faces are suspected, those of the first one most.
    """
    predicted = np.ones((*faces.keypoints.shape[:2], 3), np.float32)
    predicted[..., :2] = np.nan_to_num(faces.keypoints) + 0.5
    predicted[:suspects, faces.scheme.nose_tip, 0] += AWAY - np.arange(suspects)
    write_audit(folder / "audit.csv", audit(predicted, faces))
    write_predictions(folder / "oof.csv", faces, predicted)
    return folder
