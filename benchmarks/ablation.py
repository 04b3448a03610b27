"""The effect of each ingredient of the default recipe: train the recipe without it.

    python benchmarks/ablation.py --data-dir data --runs-dir runs/ablation --out results/ablation

Trains every variant with several seeds (each with a split of its own, the same for all variants)
and scores it on the faces that it held out, as compare.py does: except those on which every variant
misses a label by more than 12 pixels. Runs that already exist are not trained again, so the script
can be stopped at any time. Writes ablation.csv, one row per training, and ablation.md, the table of
means. Use short trainings: the differences are what matters.
"""

import argparse
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path

import pandas as pd
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.compare import compare
from kaggle_fkd.competition.load import Competition, load_competition
from kaggle_fkd.config import AugmentConfig, PredictConfig
from kaggle_fkd.evaluation.out_of_fold import out_of_fold
from kaggle_fkd.experiment import train
from kaggle_fkd.prediction.tta import NO_TTA
from kaggle_fkd.system.console import log, run_reporting_errors, set_up
from kaggle_fkd.system.device import keep_freed_memory, pick_device
from kaggle_fkd.system.files import write_text


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
    Variant("no TTA", {}, NO_TTA),
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
    keep_freed_memory()  # as a training on the command line, whose times these compare with
    competition, device = load_competition(options.data_dir), pick_device("auto")
    table = pd.DataFrame(
        [row for seed in range(options.seeds) for row in _rows(seed, options, competition, device)]
    )
    write_text(options.out / "ablation.csv", table.to_csv(index=False, float_format="%.4f"))
    write_text(options.out / "ablation.md", summary(table))
    print(summary(table))


def _rows(
    seed: int, options: argparse.Namespace, competition: Competition, device: torch.device
) -> list[dict[str, object]]:
    """The table's rows of one seed: every variant is trained, unless it is finished, and scored."""
    faces, runs, predictions = competition.train, {}, {}
    for variant in VARIANTS:
        settings = {
            "train.epochs": options.epochs, "train.folds": options.folds, "train.seed": seed,
            **variant.settings,
        }  # fmt: skip
        log.info("%s, seed %d", variant.name, seed)
        run = train(
            faces, settings, runs_dir=options.runs_dir, device="auto",
            sample_faces=competition.is_sample,
        )  # fmt: skip
        runs[variant.name] = run
        predictions[variant.name] = out_of_fold(run, faces, device, variant.predict)[..., :2]
    scores = compare(predictions, faces)
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


def summary(table: pd.DataFrame) -> str:
    """A Markdown table: mean and standard deviation over seeds, and the change in per cent."""
    groups = table.groupby("variant", sort=False)
    mean, spread = groups.mean(numeric_only=True), groups.std(numeric_only=True)
    by_seed = table.pivot(index="seed", columns="variant", values="rmse_all")
    change = by_seed.div(by_seed[VARIANTS[0].name], axis=0) - 1
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
