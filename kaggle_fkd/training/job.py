"""`Job`: the training of one member of a run, which may be sent to another process."""

from dataclasses import dataclass

import torch

from kaggle_fkd.errors import UsageError
from kaggle_fkd.runs.member import Member
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.console import Progress, log
from kaggle_fkd.system.device import describe_device
from kaggle_fkd.system.process_group import ALONE, ProcessGroup
from kaggle_fkd.system.text import count_of
from kaggle_fkd.training.data import TrainingData
from kaggle_fkd.training.fit import train_member


@dataclass(frozen=True)
class Job:
    """The training of one member, and what it is trained on."""

    run: Run
    """The run that the member belongs to."""
    index: int
    """The member's number, from 0."""
    count: int
    """The number of members that are wanted."""
    data: TrainingData
    """What it learns from."""
    device: torch.device
    """What it is trained on."""

    @property
    def member(self) -> Member:
        """The member."""
        return self.run.member(self.index)

    def work(self, bar: Progress, group: ProcessGroup = ALONE) -> None:
        """Train the member to the end, in steps that `bar` counts; with the processes of a group.

        Raises DataError when there is nothing to learn from or to validate on, UsageError for
        several processes that cannot share a batch, and what `train_member` raises.
        """
        member = self.member
        objective = self.data.objective(member, self.run.label_files, self.device)
        if group.size > 1 and not objective.divisible:
            raise UsageError(
                f"{member.config.train.model} cannot be trained by several processes together",
                "start the training without torchrun",
            )
        log.info(
            "%s (%d of %d): %s to train on, %d to validate, on %s%s",
            member.folder, self.index + 1, self.count,
            count_of(objective.examples, objective.noun), objective.held_out,
            describe_device(self.device),
            f" in each of {group.size} processes" if group.size > 1 else "",
        )  # fmt: skip
        summary = train_member(member, objective, self.device, bar, group)
        metric = objective.metric
        parts = summary[f"validation_{metric.name}"].items()
        scores = ", ".join(f"{name} {value:.3f}" for name, value in parts)
        log.info("%s: validation %s: %s", member.name, metric.long_title, scores)
