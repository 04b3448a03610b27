"""`train_member`: the training of one member, from its first or last epoch to the end."""

import math
import time
from contextlib import nullcontext
from typing import Any

import torch

from kaggle_fkd.errors import RunError
from kaggle_fkd.runs.member import Member
from kaggle_fkd.system.console import Progress, log
from kaggle_fkd.system.process_group import ALONE, ProcessGroup
from kaggle_fkd.training.checkpoint import load_checkpoint, save_checkpoint
from kaggle_fkd.training.objective import Objective
from kaggle_fkd.training.start import start_from_stored_weights
from kaggle_fkd.training.summary import epoch_row, log_epoch, summarise
from kaggle_fkd.training.trainer import Trainer, seeded


def train_member(
    member: Member,
    objective: Objective[Any],
    device: torch.device,
    bar: Progress,
    group: ProcessGroup = ALONE,
) -> dict[str, Any]:
    """Train one member to the end, from its checkpoint if there is one; its summary.

    `bar` counts the steps. All processes of a group call this; the first one writes the files.

    Validation decides nothing but whether the training has diverged: the last weights are kept.
    Raises RunError when it has, when the checkpoint is damaged, or when another process is training
    the same member.
    """
    config, metric = member.config.train, objective.metric
    lock = member.locked() if group.first else nullcontext()
    with lock, seeded(member.seed, device):
        # Another training may have finished it since this one chose it.
        if group.decided_by_first(lambda: member.finished):
            return member.summary
        trainer = Trainer(member.shape, config, objective, member.seed, device, group)
        epochs, commits = load_checkpoint(member, trainer)
        precision = trainer.precision  # of a training that continues: the one it began with
        begun = f"continuing after epoch {len(epochs)}" if epochs else "training"
        log.info("%s: %s in %s (%s)", member.name, begun, precision.name, precision.reason)
        if config.start_from and not epochs:
            start_from_stored_weights(trainer.network, member, objective, device)
        bar.reset(config.epochs * trainer.steps_per_epoch)
        bar.update(len(epochs) * trainer.steps_per_epoch)
        for epoch in range(len(epochs), config.epochs):
            started = time.perf_counter()
            score = trainer.run_epoch(epoch, bar.update)
            held_out = trainer.validate()
            _refuse_divergence(member, objective, epoch, score, held_out["all"])
            epochs.append(epoch_row(trainer, epoch, score, held_out, started))
            log_epoch(member, epochs[-1], metric)
            bar.set_postfix_str(f"validation {metric.title} {metric.text(held_out['all'])}")
            if group.first:
                save_checkpoint(member, trainer, epochs, commits)
        objective.finalise(trainer.network)
        summary = summarise(member, trainer, epochs, commits)
        if group.first:
            member.finish(trainer.weights(), summary)
        for doubt in summary["doubts"]:
            log.warning(
                "%s: %s -> train longer, or with another learning rate (train.lr)",
                member.name, doubt,
            )  # fmt: skip
        return summary


def _refuse_divergence(
    member: Member, objective: Objective[Any], epoch: int, score: float, held_out: float
) -> None:
    """RunError for a training that leads nowhere; the last good epoch stays on disk."""
    remedy = "start a new training with a lower learning rate (train.lr)"
    if not math.isfinite(score + held_out):
        raise RunError(f"{member.name}: the loss is no longer a number (epoch {epoch + 1})", remedy)
    done = (epoch + 1) / member.config.train.epochs
    # Until the end the statistics of batch normalisation may lag behind good weights.
    error = held_out if done == 1 else min(score, held_out)
    if done > 0.5 and error > objective.limit:
        metric = objective.metric
        raise RunError(
            f"{member.name}: the training has diverged: after epoch {epoch + 1} the validation "
            f"{metric.title} is {metric.text(held_out, 1)}, that of {objective.simplest} "
            f"{metric.text(objective.baseline, 1)}",
            remedy,
        )
