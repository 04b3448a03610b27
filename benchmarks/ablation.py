"""What each ingredient of the default recipe is worth: it is left out, and the rest trained.

    python benchmarks/ablation.py --data-dir data --runs-dir runs/ablation --out results/ablation

Trains every variant with several seeds (each with a split of its own, the same for all variants)
and scores it on the faces that it held out, as compare.py does: but for those on which every
variant misses a label by more than 12 pixels. Runs that are there already are not trained again, so
the script can be stopped at any time. Writes ablation.csv, one row a training, and ablation.md, the
table of means. Use short trainings: what counts is the difference.
"""

import argparse
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.compare import compare
from kaggle_fkd.config import AugmentConfig, PredictConfig
from kaggle_fkd.evaluation.out_of_fold import out_of_fold
from kaggle_fkd.prediction.members import NO_TTA
from kaggle_fkd.stages import train
from kaggle_fkd.stages.context import Context
from kaggle_fkd.stages.request import Request
from kaggle_fkd.system.console import exit_code, log, set_up
from kaggle_fkd.system.files import write_text


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
    Variant("no heads of their own for mirrored faces", {"train.mirror_heads": "false"}),
    Variant("fully connected head instead of the grid", {"train.model": "plainnet"}),
    Variant("heat maps and soft-argmax instead of the grid", {"train.model": "heatmapnet"}),
    Variant(
        "no augmentation but flips",
        {f"augment.{s.name}": "0" for s in fields(AugmentConfig) if s.name != "flip"},
    ),
    Variant("MSE instead of smooth L1", {"train.loss": "mse"}),
    Variant("no averaging over views", {}, NO_TTA),
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
    write_text(options.out / "ablation.md", summary(table))
    print(summary(table))


def _rows(seed: int, options: argparse.Namespace) -> list[dict[str, object]]:
    """The table's rows of one seed: every variant is trained, unless it is there, and scored."""
    runs, predictions = {}, {}
    for variant in VARIANTS:
        context = _context(variant, seed, options)
        train.run(context)
        assert context.run is not None
        log.info("%s, seed %d", variant.name, seed)
        runs[variant.name] = context.run
        predictions[variant.name] = out_of_fold(
            context.run, context.faces, context.device, variant.predict
        )
    scores = compare(predictions, context.faces)
    return [
        {
            "variant": name,
            "seed": seed,
            **scores.loc[name],
            "seconds": run.member(0).summary["seconds"],
            "commit": run.record["commit"],
        }
        for name, run in runs.items()
    ]


def _context(variant: Variant, seed: int, options: argparse.Namespace) -> Context:
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
    return Context(request)


def summary(table: pd.DataFrame) -> str:
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
