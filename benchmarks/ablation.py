"""The effect of each ingredient of the default recipe: train the recipe without it, in full.

    python benchmarks/ablation.py --data-dir data --runs-dir runs --out results/ablation

Trains every variant for the first folds of ten, and scores it on the faces that it held out, as
compare.py does: except those on which every variant misses a label by more than 12 pixels. Members
of runs that already exist are not trained again: the script can be stopped at any time, uses a
finished run of `best`, and can be started twice at the same time, with `--only` for a part of the
variants each. Writes ablation.csv, one row per training, and ablation.md, the table of means.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import pandas as pd
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.compare import compare
from kaggle_fkd.competition.load import Competition, load_competition
from kaggle_fkd.config import AugmentConfig, PredictConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.evaluation.out_of_fold import out_of_fold
from kaggle_fkd.experiment import train
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.console import log, run_reporting_errors, set_up
from kaggle_fkd.system.device import keep_freed_memory, pick_device
from kaggle_fkd.system.files import write_text
from kaggle_fkd.training.folds import assign_folds


@dataclass(frozen=True)
class Variant:
    """The recipe without one ingredient."""

    name: str
    """Its name in the table."""
    settings: dict[str, str]
    """The settings of its training that differ from the recipe."""
    predict: PredictConfig = field(default_factory=PredictConfig)
    """The settings of its prediction."""


VARIANTS = (
    Variant("nothing", {}),
    Variant("one head for both conventions", {"train.heads": "shared"}),
    Variant("no separate heads for mirrored faces", {"train.mirror_heads": "false"}),
    Variant("fully connected head instead of the grid", {"train.model": "plainnet"}),
    Variant("heat maps and soft-argmax instead of the grid", {"train.model": "heatmapnet"}),
    Variant(
        "no augmentation but flips",
        {f"augment.{s.name}": "0" for s in fields(AugmentConfig) if s.name != "flip"},
    ),
    Variant("MSE instead of smooth L1", {"train.loss": "mse"}),
    Variant("no TTA", {}, PredictConfig().without_tta()),
)


def main() -> None:
    """Train what is missing, score everything, write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"))
    parser.add_argument("--out", type=Path, default=Path("results/ablation"))
    parser.add_argument("--folds", type=int, default=3, help="how many of the ten are held out")
    parser.add_argument("--jobs", type=int, default=1, help="members trained at the same time")
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="SETTING=VALUE", help="of all variants"
    )
    parser.add_argument(
        "--only", nargs="+", choices=[variant.name for variant in VARIANTS], metavar="VARIANT",
        help="train these, and write no tables",
    )  # fmt: skip
    options = parser.parse_args()
    set_up(quiet=False)
    keep_freed_memory()  # as a training on the command line, whose times these compare with
    competition, device = load_competition(options.data_dir), pick_device("auto")
    chosen = [v for v in VARIANTS if options.only is None or v.name in options.only]
    runs = {variant.name: _train(variant, options, competition) for variant in chosen}
    if options.only is None:
        table = pd.DataFrame(_rows(runs, competition.train, options.folds, device))
        write_text(options.out / "ablation.csv", table.to_csv(index=False, float_format="%.4f"))
        write_text(options.out / "ablation.md", summary(table))
        print(summary(table))


def _train(variant: Variant, options: argparse.Namespace, competition: Competition) -> Run:
    """The variant's run, of which so many folds are trained."""
    log.info("%s", variant.name)
    settings = dict(setting.split("=", 1) for setting in options.set)
    return train(
        competition.train,
        {**settings, "train.members": options.folds, **variant.settings},
        runs_dir=options.runs_dir,
        device="auto",
        jobs=options.jobs,
    )


def _rows(
    runs: Mapping[str, Run], faces: FaceDataset, folds: int, device: torch.device
) -> Iterator[dict[str, object]]:
    """The table's rows: the scores of every variant on each of the folds."""
    predictions = {
        variant.name: out_of_fold(runs[variant.name], faces, device, variant.predict)[..., :2]
        for variant in VARIANTS
    }
    train = runs[VARIANTS[0].name].config.train
    fold_of = assign_folds(faces, train.folds, train.seed)
    for fold in range(folds):
        here = (fold_of == fold)[:, None, None]
        scores = compare({n: np.where(here, p, np.nan) for n, p in predictions.items()}, faces)
        for name, run in runs.items():
            yield {
                "variant": name,
                "fold": fold,
                **scores.loc[name],
                "seconds": run.member(fold).summary["seconds"],
                "commit": run.record["commit"],
            }


def summary(table: pd.DataFrame) -> str:
    """A Markdown table: mean and standard deviation over folds, and the change in per cent."""
    groups = table.groupby("variant", sort=False)
    mean, spread = groups.mean(numeric_only=True), groups.std(numeric_only=True)
    by_fold = table.pivot(index="fold", columns="variant", values="rmse_all")
    change = by_fold.div(by_fold[VARIANTS[0].name], axis=0) - 1
    lines = [
        "| left out or replaced | RMSE in pixels | change | A | B | training, s |",
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
    sys.exit(run_reporting_errors(main))
