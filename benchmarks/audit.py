"""How well the label audit works: errors are planted, and the audit is scored on finding them.

    python benchmarks/audit.py --data-dir data --runs-dir runs/audit --out results/audit

Plants three kinds of errors in a copy of the training faces, trains a member for each fold on
that copy, audits its out-of-fold predictions, and writes precision.csv: the share of planted errors
among the k most suspicious faces. The data's own wrong labels count as false alarms, so the true
precision is higher. Trained members are kept, so the script can be stopped at any time.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.competition.load import load_competition
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.evaluation.audit import DISPLACED, NO_FACE, SWAPPED, audit, write_audit
from kaggle_fkd.evaluation.worst_faces import audit_gallery
from kaggle_fkd.experiment import cross_validate, train
from kaggle_fkd.figures.style import save_figure
from kaggle_fkd.system.console import run_reporting_errors, set_up
from kaggle_fkd.system.device import keep_freed_memory
from kaggle_fkd.system.files import write_text

KINDS = (NO_FACE, SWAPPED, DISPLACED)
"""The planted errors, by the audit's reasons."""
DISPLACED_PX = (8.0, 20.0)
"""How far a displaced point is moved."""
TILE = 24
"""Side of the tiles, in pixels, that are shuffled to make a picture without a face."""


def plant(faces: FaceDataset, share: float, seed: int) -> tuple[FaceDataset, "pd.Series[str]"]:
    """A copy of the faces in which that share has each kind of error, and the kind by row."""
    rng = np.random.default_rng(seed)
    images, keypoints = np.array(faces.images), faces.keypoints.copy()
    order = rng.permutation(len(faces))
    count = round(share * len(faces))
    pairs = np.array(faces.scheme.flip_pairs).ravel()
    planted: dict[int, str] = {}
    for kind in KINDS:
        able = [
            i for i in order
            if i not in planted and (kind != SWAPPED or faces.labelled[i, pairs].all())
        ]  # fmt: skip
        for index in able[:count]:
            planted[int(index)] = kind
            if kind == NO_FACE:
                images[index] = _shuffled_tiles(images[index], rng)
            elif kind == SWAPPED:
                keypoints[index] = keypoints[index, list(faces.scheme.flip_order)]
            else:
                point = rng.choice(np.flatnonzero(faces.labelled[index]))
                angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(*DISPLACED_PX)
                keypoints[index, point] += reach * np.array([np.cos(angle), np.sin(angle)])
    rows = pd.Series({int(faces.ids[index]): kind for index, kind in planted.items()})
    return replace(faces, images=images, keypoints=keypoints), rows


def _shuffled_tiles(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    rows, columns = image.shape[0] // TILE, image.shape[1] // TILE
    tiles = image[: rows * TILE, : columns * TILE].reshape(rows, TILE, columns, TILE)
    shuffled = rng.permutation(tiles.transpose(0, 2, 1, 3).reshape(-1, TILE, TILE))
    return (
        shuffled.reshape(rows, columns, TILE, TILE)
        .transpose(0, 2, 1, 3)
        .reshape(rows * TILE, columns * TILE)
    )


def precision_table(table: pd.DataFrame, planted: "pd.Series[str]") -> pd.DataFrame:
    """For several k: the share of the k most suspicious rows that was planted, and that with the
    right reason."""
    kind = table["row"].map(planted)
    rows = []
    for k in (10, 25, 50, 100, len(planted)):
        top = table.head(k)
        found = kind.head(k).notna()
        right = (top["reason"] == kind.head(k))[found]
        rows.append(
            {"k": k, "precision": found.mean(), "recall": found.sum() / len(planted),
             "right_reason": right.mean()}
        )  # fmt: skip
    suspected = table["suspected"].to_numpy(bool)
    rows.append(
        {"k": int(suspected.sum()), "precision": kind[suspected].notna().mean(),
         "recall": kind[suspected].notna().sum() / len(planted),
         "right_reason": (table["reason"] == kind)[suspected & kind.notna()].mean()}
    )  # fmt: skip
    return pd.DataFrame(rows)


def main() -> None:
    """Plant, train what is missing, audit, write the table and the gallery."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--runs-dir", type=Path, default=Path("runs/audit"))
    parser.add_argument("--out", type=Path, default=Path("results/audit"))
    parser.add_argument("--share", type=float, default=0.01, help="of the faces, for each kind")
    parser.add_argument("--epochs", default="8")
    parser.add_argument("--folds", default="3")
    options = parser.parse_args()
    set_up(quiet=False)
    keep_freed_memory()
    competition = load_competition(options.data_dir)
    faces, planted = plant(competition.train, options.share, seed=0)
    settings = {
        "train.epochs": options.epochs, "train.folds": options.folds, "train.precision": "auto",
    }  # fmt: skip
    run = train(
        faces, settings, runs_dir=options.runs_dir, device="auto",
    )  # fmt: skip
    predicted = cross_validate(run, faces, device="auto")
    table = audit(predicted, faces)
    precision = precision_table(table, planted)
    write_text(options.out / "precision.csv", precision.to_csv(index=False, float_format="%.3f"))
    write_audit(run.folder / "audit.csv", table)
    save_figure(audit_gallery(predicted, faces, table), run.folder / "audit.png")
    print(precision.to_string(index=False))


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))
