"""Runs side by side, on the faces that every one of them held out.

    python benchmarks/compare.py runs/RUN_A runs/RUN_B [...] --data-dir data [--out results/x.csv]

In place of a run, the oof.csv of an evaluation will do. Prints the RMSE in pixels, averaged over
views, pooled and by label convention: without the faces on which every run misses a label by more
than 12 pixels, and with them. There the label is wrong, or not to be seen, and half a dozen of them
can be half of the squared error.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.evaluation.out_of_fold import is_outlier, out_of_fold, read_predictions
from kaggle_fkd.metrics import rmse_by_convention
from kaggle_fkd.runs.run import open_run
from kaggle_fkd.stages.context import Context
from kaggle_fkd.stages.request import Request
from kaggle_fkd.stages.train import require_same_faces
from kaggle_fkd.system.console import exit_code, set_up
from kaggle_fkd.system.files import write_text


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
    context = Context(Request(stages=("evaluate",), data_dir=options.data_dir))
    table = compare(dict(_predictions(context, path) for path in options.runs), context.faces)
    print(table.to_string(float_format="%.3f"))
    if options.out:
        write_text(options.out, table.to_csv(index_label="run", float_format="%.4f"))


def _predictions(context: Context, path: Path) -> tuple[str, NDArray[np.float32]]:
    """The name of a run, or of an evaluation, and what it predicts out of fold."""
    if path.suffix == ".csv":
        return path.parent.name, read_predictions(path, context.faces)
    run = require_same_faces(context, open_run(path))
    return run.name, out_of_fold(run, context.faces, context.device, context.config.predict)


def compare(predictions: Mapping[str, NDArray[np.float32]], faces: FaceDataset) -> pd.DataFrame:
    """A row of scores for each prediction, N x K x 2 pixels of `faces`, NaN where there is none.

    Compared are the faces that all of them predict, but for what their convention does not mark.
    `wrong_faces` of these are left out of `rmse_*`, but not of `with_wrong_*`.
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
    sys.exit(exit_code(main))
