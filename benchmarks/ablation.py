"""What each ingredient of the default recipe is worth: it is left out, and the rest trained.

    python benchmarks/ablation.py --data-dir data --runs-dir runs/ablation --out results/ablation

Trains every variant with several seeds (each with a split of its own, the same for all variants)
and scores it on the faces that it held out. Runs that are there already are not trained again,
so the script can be stopped at any time. Writes ablation.csv, one row a training, and ablation.md,
the table of means. Use short trainings: what counts is the difference.
"""

import argparse
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.command.context import Context
from kaggle_fkd.command.request import Request
from kaggle_fkd.config import AugmentConfig, PredictConfig
from kaggle_fkd.evaluation.audit import apply_audit
from kaggle_fkd.prediction import predict_member
from kaggle_fkd.stages import train
from kaggle_fkd.system.console import log, set_up
from kaggle_fkd.system.files import write_text
from kaggle_fkd.training.ensemble import held_out_faces
from kaggle_fkd.training.metrics import rmse_by_convention


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
    Variant("no averaging over views", {}, PredictConfig(flip=False, shift=0)),
)


def main() -> None:
    """Train what is missing, score everything, write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--runs-dir", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--out", type=Path, default=Path("results/ablation"))
    parser.add_argument("--audit", type=Path, help="leave the faces it suspects out of the score")
    parser.add_argument("--epochs", default="8")
    parser.add_argument("--folds", default="5")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    set_up(quiet=False)
    rows = [_score(variant, seed, options) for seed in range(options.seeds) for variant in VARIANTS]
    table = pd.DataFrame(rows)
    options.out.mkdir(parents=True, exist_ok=True)
    write_text(options.out / "ablation.csv", table.to_csv(index=False, float_format="%.4f"))
    write_text(options.out / "ablation.md", _summary(table))
    print(_summary(table))


def _score(variant: Variant, seed: int, options: argparse.Namespace) -> dict[str, object]:
    """Train one variant with one seed, unless it is there, and score what it held out."""
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
    held_out = held_out_faces(member, faces)
    scored = apply_audit(options.audit, faces, "drop") if options.audit else faces
    predicted = predict_member(member, faces[held_out], context.device, variant.predict)
    scores = rmse_by_convention(predicted, scored[held_out])
    log.info("%s, seed %d: %s", variant.name, seed, scores)
    return {
        "variant": variant.name,
        "seed": seed,
        **{f"rmse_{name}": score for name, score in scores.items()},
        "seconds": member.summary["seconds"],
        "commit": context.run.record["commit"],
    }


def _summary(table: pd.DataFrame) -> str:
    """A Markdown table: mean and standard deviation over seeds, and the change in per cent."""
    groups = table.groupby("variant", sort=False)
    mean, spread = groups.mean(numeric_only=True), groups.std(numeric_only=True)
    whole = mean["rmse_all"].iloc[0]
    lines = [
        "| left out | RMSE in pixels | change | A | B | training, s |",
        "|---|---|---|---|---|---|",
    ]
    for name in mean.index:
        change = mean["rmse_all"][name] / whole - 1
        lines.append(
            f"| {name} | {mean['rmse_all'][name]:.3f} ± {spread['rmse_all'][name]:.3f} "
            f"| {change:+.1%} | {mean['rmse_A'][name]:.3f} | {mean['rmse_B'][name]:.3f} "
            f"| {mean['seconds'][name]:.0f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
