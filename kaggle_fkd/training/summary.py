"""The record of a training: a row for each epoch, and a summary at the end."""

import time
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.metrics import rmse_by_convention, rmse_by_keypoint
from kaggle_fkd.runs.member import Member
from kaggle_fkd.runs.provenance import provenance
from kaggle_fkd.system.console import log
from kaggle_fkd.system.device import describe_device, peak_memory_mb
from kaggle_fkd.system.files import write_text
from kaggle_fkd.training.trainer import Trainer

EpochRow = dict[str, float]
"""One epoch in metrics.csv: its number, learning rate, RMSE in pixels, seconds."""


def epoch_row(
    trainer: Trainer, epoch: int, train_rmse: float, scores: dict[str, float], started: float
) -> EpochRow:
    """The metrics row of one epoch, counted from 0; `started` is perf_counter at its start."""
    parts = {f"val_rmse_{name}": score for name, score in scores.items() if name != "all"}
    return {
        "epoch": epoch + 1,
        "lr": trainer.optimizer.param_groups[0]["lr"],
        "train_rmse": train_rmse,
        "val_rmse": scores["all"],
        **parts,
        "seconds": time.perf_counter() - started,
    }


def log_epoch(row: EpochRow, epochs: int) -> None:
    """Log one line about the epoch; `epochs` is the number of all epochs."""
    parts = [(k.removeprefix("val_rmse_"), v) for k, v in row.items() if k.startswith("val_rmse_")]
    log.info(
        "epoch %d/%d: training RMSE %.3f, validation RMSE %.3f px (%s), %.1f s",
        row["epoch"], epochs, row["train_rmse"], row["val_rmse"],
        ", ".join(f"{name} {score:.3f}" for name, score in parts), row["seconds"],
    )  # fmt: skip


def write_metrics(member: Member, epochs: list[EpochRow]) -> None:
    """Write metrics.csv, atomically."""
    table = pd.DataFrame(epochs).to_csv(index=False, float_format="%.6g")
    write_text(member.metrics_file, table)


def summarise(
    member: Member,
    trainer: Trainer,
    validation: FaceDataset,
    predicted: NDArray[np.floating],
    epochs: list[EpochRow],
    commits: list[str],
) -> dict[str, Any]:
    """The results of a finished training; `predicted`, N x K x 2, is for the validation faces."""
    return {
        **provenance(describe_device(trainer.device)),
        "commit": ", ".join(commits),
        "epochs": len(epochs),
        "held_out_fold": member.fold,
        "seed": member.seed,
        "training_faces": len(trainer.faces.images),
        "validation_faces": len(validation),
        "validation_rmse": rmse_by_convention(predicted, validation),
        "validation_rmse_by_keypoint": rmse_by_keypoint(predicted, validation),
        "seconds": sum(row["seconds"] for row in epochs),
        "peak_memory_mb": peak_memory_mb(),
        "parameters": sum(p.numel() for p in trainer.network.parameters()),
    }
