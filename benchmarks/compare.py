"""Runs side by side, on the faces that every one of them held out.

    python benchmarks/compare.py runs/RUN_A runs/RUN_B [...] --data-dir data [--out results/x.csv]

An evaluation's oof.csv can be given instead of a run. Prints the RMSE in pixels, with test-time
augmentation, pooled and by label convention: without the faces on which every run misses a label by
more than 12 pixels, and with them. On those faces the label is wrong or the keypoint is not
visible, and half a dozen of them can be half of the squared error.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


from kaggle_fkd.competition.load import load_competition
from kaggle_fkd.config import PredictConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.evaluation.oof_file import read_predictions
from kaggle_fkd.evaluation.out_of_fold import out_of_fold
from kaggle_fkd.metrics import is_outlier, rmse_by_convention
from kaggle_fkd.runs.run import open_run
from kaggle_fkd.system.console import run_reporting_errors, set_up
from kaggle_fkd.system.device import pick_device
from kaggle_fkd.system.files import write_text
from kaggle_fkd.training.keypoint_data import KeypointData
from kaggle_fkd.training.select import require_same_data


def main() -> None:
    """Predict what the runs held out, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    set_up(quiet=False)
    faces = load_competition(options.data_dir).train
    table = compare(dict(_predictions(path, faces) for path in options.runs), faces)
    print(table.to_string(float_format="%.3f"))
    if options.out:
        write_text(options.out, table.to_csv(index_label="run", float_format="%.4f"))


def _predictions(path: Path, faces: FaceDataset) -> tuple[str, NDArray[np.float32]]:
    """The name of a run, or of an evaluation, and its out-of-fold predictions."""
    if path.suffix == ".csv":
        return path.parent.name, read_predictions(path, faces)[..., :2]
    run = require_same_data(open_run(path), KeypointData(faces))
    return run.name, out_of_fold(run, faces, pick_device("auto"), PredictConfig())[..., :2]


def compare(predictions: Mapping[str, NDArray[np.float32]], faces: FaceDataset) -> pd.DataFrame:
    """A row of scores for each prediction, N x K x 2 pixels of `faces`, NaN where there is none.

    The scores cover the faces for which every prediction has all keypoints that the face's
    convention marks. `wrong_faces` of these are excluded from `rmse_*`, but not from
    `with_wrong_*`.
    """
    stack = np.stack(list(predictions.values()))
    known = np.isfinite(stack).all(axis=(0, 3)) | ~faces.marked
    predicted = np.flatnonzero(known.all(axis=1))
    seen = faces[predicted]
    chosen = {name: each[predicted] for name, each in predictions.items()}
    wrong = np.all([is_outlier(each, seen) for each in chosen.values()], axis=0)
    rows = {}
    for name, each in chosen.items():
        scores = rmse_by_convention(each[~wrong], seen[~wrong])
        with_wrong = rmse_by_convention(each, seen)
        rows[name] = {
            **{f"rmse_{part}": score for part, score in scores.items()},
            **{f"with_wrong_{part}": score for part, score in with_wrong.items()},
            "faces": len(seen),
            "wrong_faces": int(wrong.sum()),
        }
    return pd.DataFrame.from_dict(rows, orient="index")


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))
