"""The record of a training: a row for each epoch, and a summary at the end."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from kaggle_fkd.metrics import Metric
from kaggle_fkd.networks.cost import count_parameters
from kaggle_fkd.runs.member import Member
from kaggle_fkd.runs.provenance import provenance
from kaggle_fkd.system.console import log
from kaggle_fkd.system.device import describe_device
from kaggle_fkd.system.files import write_table
from kaggle_fkd.system.memory import peak_memory_mb
from kaggle_fkd.training.objective import Objective
from kaggle_fkd.training.trainer import Trainer

EpochRow = dict[str, float]
"""One epoch in metrics.csv: its number, learning rate, scores, seconds."""
RISEN = 1.25
"""A score that ends so many times above its lowest has risen: those of 240 trainings of all models,
with learning rates that fall to the end, ended at most 1.08 times above."""


def epoch_row(
    trainer: Trainer, epoch: int, score: float, held_out: dict[str, float], started: float
) -> EpochRow:
    """The metrics row of one epoch, counted from 0; `started` is perf_counter at its start."""
    name = trainer.objective.metric.name
    parts = {f"val_{name}_{part}": value for part, value in held_out.items() if part != "all"}
    return {
        "epoch": epoch + 1,
        "lr": trainer.optimizer.param_groups[0]["lr"],
        f"train_{name}": score,
        f"val_{name}": held_out["all"],
        **parts,
        "seconds": time.perf_counter() - started,
    }


def log_epoch(member: Member, row: EpochRow, metric: Metric) -> None:
    """Log one line about an epoch of the member."""
    start = f"val_{metric.name}_"
    parts = [
        f"{key.removeprefix(start)} {value:.3f}"
        for key, value in row.items()
        if key.startswith(start)
    ]
    log.info(
        "%s, epoch %d/%d: training %s %.3f, validation %s %s%s, %.1f s",
        member.folder.name, row["epoch"], member.config.train.epochs,
        metric.title, row[f"train_{metric.name}"],
        metric.title, metric.text(row[f"val_{metric.name}"]),
        f" ({', '.join(parts)})" if parts else "", row["seconds"],
    )  # fmt: skip


def write_metrics(member: Member, epochs: list[EpochRow]) -> None:
    """Write metrics.csv, atomically."""
    write_table(member.metrics_file, pd.DataFrame(epochs), "%.6g")


def summarise(
    member: Member, trainer: Trainer, epochs: list[EpochRow], commits: list[str]
) -> dict[str, Any]:
    """The results of a finished training."""
    results = trainer.objective.results(trainer.network)
    held_out = results[f"validation_{trainer.objective.metric.name}"]["all"]
    return {
        **provenance(describe_device(trainer.device)),
        "commit": ", ".join(commits),
        "epochs": len(epochs),
        "held_out_fold": member.fold,
        "seed": member.seed,
        "precision": trainer.precision.name,
        "processes": trainer.group.size,
        f"training_{trainer.objective.noun}s": trainer.objective.examples,
        f"validation_{trainer.objective.noun}s": trainer.objective.held_out,
        **results,
        "doubts": [*doubts_about(trainer.objective, epochs, held_out)],
        "seconds": sum(row["seconds"] for row in epochs),
        "peak_memory_mb": peak_memory_mb(),
        "parameters": count_parameters(trainer.network),
    }


def doubts_about(
    objective: Objective[Any], epochs: Sequence[EpochRow], held_out: float
) -> Iterator[str]:
    """Signs that a training has not learnt, in words; `held_out` is its validation score."""
    metric = objective.metric
    if held_out > objective.baseline:
        baseline = metric.text(objective.baseline)
        yield f"worse than {objective.simplest}, whose {metric.title} is {baseline}"
    for part, column in (("training", "train"), ("validation", "val")):
        scores = [row[f"{column}_{metric.name}"] for row in epochs]
        if scores[-1] > RISEN * min(scores):
            lowest, last = metric.text(min(scores)), metric.text(scores[-1])
            yield f"the {part} {metric.title} has risen from {lowest} to {last}"
