"""How well the label audit finds wrong labels: errors are planted, and looked for.

    python benchmarks/audit.py --data-dir data --runs-dir runs/audit --out results/audit

Plants three kinds of errors in a copy of the training faces, trains a member for each fold on
that copy, audits its out-of-fold predictions, and writes precision.csv: which share of the k most
suspicious faces was planted. The data's own wrong labels count as false alarms, so the true
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
from kaggle_fkd.config import PredictConfig, build_config
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.evaluation.audit import audit, write_audit
from kaggle_fkd.evaluation.out_of_fold import out_of_fold
from kaggle_fkd.evaluation.report import audit_gallery
from kaggle_fkd.figures.style import save_figure
from kaggle_fkd.runs.run import runs_in, start_run
from kaggle_fkd.system.console import exit_code, set_up
from kaggle_fkd.system.device import pick_device
from kaggle_fkd.system.files import write_text
from kaggle_fkd.training.members import train_members

KINDS = ("no face, or another one", "left and right swapped", "displaced point")
"""As the audit calls them."""
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
            if i not in planted and (kind != KINDS[1] or faces.labelled[i, pairs].all())
        ]  # fmt: skip
        for index in able[:count]:
            planted[int(index)] = kind
            if kind == KINDS[0]:
                images[index] = _shuffled_tiles(images[index], rng)
            elif kind == KINDS[1]:
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
    """For several k: which share of the k most suspicious rows was planted, and is so named."""
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
    device = pick_device("auto")
    competition = load_competition(options.data_dir)
    faces, planted = plant(competition.train, options.share, seed=0)
    config = build_config("cpu", [("train.epochs", options.epochs), ("train.folds", options.folds)])
    digest = faces.digest()
    same = [run for run in runs_in(options.runs_dir) if run.matches(config, digest)]
    run = same[0] if same else start_run(
        options.runs_dir, config,
        {"data_hash": digest, "sample_faces": competition.is_sample}, faces, device,
    )  # fmt: skip
    train_members(run, faces, config.train.folds, device)
    predicted = out_of_fold(run, faces, device, PredictConfig())
    table = audit(predicted, faces)
    precision = precision_table(table, planted)
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(options.out / "precision.csv", precision.to_csv(index=False, float_format="%.3f"))
    write_audit(run.folder / "audit.csv", table)
    save_figure(audit_gallery(predicted, faces, table), run.folder / "audit.png")
    print(precision.to_string(index=False))


if __name__ == "__main__":
    sys.exit(exit_code(main))
