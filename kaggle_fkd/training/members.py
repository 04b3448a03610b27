"""Training the members of a run: each on all examples but those of its own fold."""

from collections.abc import Iterator

import torch

from kaggle_fkd.runs.member import Member
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.console import log
from kaggle_fkd.system.device import describe_device
from kaggle_fkd.system.text import count_of
from kaggle_fkd.training.data import TrainingData
from kaggle_fkd.training.fit import train_member


def train_members(
    run: Run, data: TrainingData, count: int, device: torch.device
) -> Iterator[Member]:
    """Train the run's first `count` members, except those that are finished; gives each when done.

    Raises DataError when there is nothing to learn from or to validate on, and what
    `train_member` raises; KeyboardInterrupt leaves all complete epochs on disk.
    """
    for member in map(run.member, range(count)):
        if member.finished:
            continue
        objective = data.objective(member, run.audit_file, device)
        log.info(
            "%s (%d of %d): %s to train on, %d to validate, on %s",
            member.folder, member.index + 1, count, count_of(objective.examples, objective.noun),
            objective.held_out, describe_device(device),
        )  # fmt: skip
        summary = train_member(member, objective, device)
        metric = objective.metric
        parts = summary[f"validation_{metric.name}"].items()
        scores = ", ".join(f"{name} {value:.3f}" for name, value in parts)
        log.info("%s: validation %s: %s", member.name, metric.long_title, scores)
        yield member
