"""The time until a training reaches a validation RMSE, for our recipe and the classic ones."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.cost.row import Row
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.experiment import train

RECIPES: Mapping[str, Mapping[str, Any]] = {
    "gridnet": {},
    "lenet": {"train.lr": 2e-3},
    "naimishnet": {"train.lr": 2e-3},
}
"""Settings of each network; `lenet` and `naimishnet` have the rate with which they were always
measured."""


def target_costs(
    faces: FaceDataset, runs_dir: Path, rmse: float, epochs: int, folds: int
) -> Iterator[Row]:
    """The rows of the section `target`: each network is trained for `epochs`, without one fold."""
    for model, settings in RECIPES.items():
        chosen = {
            **settings, "train.model": model, "train.epochs": epochs, "train.folds": folds
        }  # fmt: skip
        run = train(faces, chosen, runs_dir=runs_dir)
        metrics = run.member(0).read_metrics()
        yield Row(f"time to {rmse:g} px", model, seconds_to(rmse, metrics), "s")
        yield Row(f"after {epochs} epochs", model, metrics["val_rmse"].iloc[-1], "px")
        yield Row(f"time of {epochs} epochs", model, metrics["seconds"].sum(), "s")


def seconds_to(rmse: float, metrics: pd.DataFrame) -> float:
    """Seconds until the end of the first epoch with that validation RMSE; NaN without one."""
    reached = metrics["val_rmse"] <= rmse
    return float(metrics["seconds"].cumsum()[reached].min())
