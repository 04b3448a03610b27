"""What each ingredient of the default recipe is worth: it is left out, and the rest trained.

    python benchmarks/ablation.py --data-dir data --runs-dir runs/ablation --out results/ablation

Trains every variant with several seeds (each with a split of its own, the same for all variants)
and scores it on the faces that it held out, but for those on which every variant misses a label by
more than 12 pixels: there the label is wrong. Runs that are there already are not trained again, so
the script can be stopped at any time. Writes ablation.csv, one row a training, and ablation.md, the
table of means. Use short trainings: what counts is the difference.
"""

import argparse
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.command.context import Context
from kaggle_fkd.command.request import Request
from kaggle_fkd.config import AugmentConfig, PredictConfig
from kaggle_fkd.faces import Faces
from kaggle_fkd.prediction import predict_member
from kaggle_fkd.runs.run import Run
from kaggle_fkd.stages import train
from kaggle_fkd.system.console import exit_code, log, set_up
from kaggle_fkd.system.files import write_text
from kaggle_fkd.training.ensemble import held_out_faces
from kaggle_fkd.training.metrics import rmse_by_convention

WRONG_PX = 12.0


@dataclass(frozen=True)
class Variant:
    """The recipe without one ingredient."""

    name: str
    """How the table calls it."""
    settings: dict[str, str]
    """What differs from the recipe in training."""
    predict: PredictConfig = field(default_factory=PredictConfig)
    """How it predicts."""


VARIANTS = (
    Variant("the whole recipe", {}),
    Variant("one head for both conventions", {"train.heads": "one"}),
    Variant("fully connected head instead of the grid", {"train.model": "plainnet"}),
    Variant(
        "no augmentation but flips",
        {f"augment.{s.name}": "0" for s in fields(AugmentConfig) if s.name != "flip"},
    ),
    Variant("MSE instead of smooth L1", {"train.loss": "mse"}),
    Variant("no averaging of weights (EMA)", {"train.ema": "0"}),
    Variant("no averaging over views", {}, PredictConfig(flip=False, scale=0)),
)


def main() -> None:
    """Train what is missing, score everything, write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--runs-dir", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--out", type=Path, default=Path("results/ablation"))
    parser.add_argument("--epochs", default="8")
    parser.add_argument("--folds", default="5")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    set_up(quiet=False)
    table = pd.DataFrame([row for seed in range(options.seeds) for row in _rows(seed, options)])
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(options.out / "ablation.csv", table.to_csv(index=False, float_format="%.4f"))
    write_text(options.out / "ablation.md", _summary(table))
    print(_summary(table))


@dataclass(frozen=True)
class Trained:
    """A variant, trained with one seed."""

    run: Run
    faces: Faces
    """N, which it held out."""
    predicted: NDArray[np.float32]
    """N x K x 2."""


def _rows(seed: int, options: argparse.Namespace) -> list[dict[str, object]]:
    """The table's rows of one seed."""
    trained = [_train(variant, seed, options) for variant in VARIANTS]
    wrong = np.all([_misses(each) for each in trained], axis=0)
    rows: list[dict[str, object]] = []
    for variant, each in zip(VARIANTS, trained, strict=True):
        everywhere = rmse_by_convention(each.predicted, each.faces)["all"]
        scores = rmse_by_convention(each.predicted[~wrong], each.faces[~wrong])
        rows.append(
            {
                "variant": variant.name,
                "seed": seed,
                **{f"rmse_{name}": score for name, score in scores.items()},
                "wrong_faces": int(wrong.sum()),
                "rmse_with_wrong": everywhere,
                "seconds": each.run.member(0).summary["seconds"],
                "commit": each.run.record["commit"],
            }
        )
    return rows


def _train(variant: Variant, seed: int, options: argparse.Namespace) -> Trained:
    """Train one variant with one seed, unless it is there, and predict what it held out."""
    settings = {
        "train.epochs": options.epochs,
        "train.folds": options.folds,
        "train.seed": str(seed),
        **variant.settings,
    }
    request = Request(
        stages=("train",), data_dir=options.data_dir, runs_dir=options.runs_dir, preset="cpu",
        settings=tuple(settings.items()), resume="",
    )  # fmt: skip
    context = Context(request)
    train.run(context)
    assert context.run is not None
    member = context.run.member(0)
    faces = context.competition.train
    faces = faces[held_out_faces(member, faces)]
    log.info("%s, seed %d", variant.name, seed)
    predicted = predict_member(member, faces, context.device, variant.predict)
    return Trained(context.run, faces, predicted)


def _misses(trained: Trained) -> NDArray[np.bool_]:
    """N, the faces with a label that is far from what was predicted."""
    off = np.linalg.norm(trained.predicted - trained.faces.keypoints, axis=2)
    return np.asarray((off > WRONG_PX).any(axis=1))  # a missing label is NaN, and not far


def _summary(table: pd.DataFrame) -> str:
    """A Markdown table: mean and standard deviation over seeds, and the change in per cent."""
    groups = table.groupby("variant", sort=False)
    mean, spread = groups.mean(numeric_only=True), groups.std(numeric_only=True)
    by_seed = table.pivot(index="seed", columns="variant", values="rmse_all")
    change = by_seed.div(by_seed[VARIANTS[0].name], axis=0) - 1
    lines = [
        "| left out | RMSE in pixels | change | A | B | training, s |",
        "|---|---|---|---|---|---|",
    ]
    for name in mean.index:
        lines.append(
            f"| {name} | {mean['rmse_all'][name]:.3f} ± {spread['rmse_all'][name]:.3f} "
            f"| {change[name].mean():+.1%} ± {change[name].std():.1%} "
            f"| {mean['rmse_A'][name]:.3f} | {mean['rmse_B'][name]:.3f} "
            f"| {mean['seconds'][name]:.0f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(exit_code(main))
