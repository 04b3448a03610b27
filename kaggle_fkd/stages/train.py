"""train: the members of a run, each a network on all training faces but one fold."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.stages.stage import Made
from kaggle_fkd.stages.training import TrainingStage

if TYPE_CHECKING:
    from kaggle_fkd.task import Task


@dataclass(frozen=True, kw_only=True)
class Train(TrainingStage):
    """A network, or several that are averaged, each validated on a fold that it never sees."""

    summary: ClassVar[str] = "a network, or several: weights, metrics, learning curves"
    examples: ClassVar[tuple[str, ...]] = (
        "train",
        "train --preset best --resume",
        "train --model naimishnet --epochs 50 --lr 2e-3",
        "train --model lenet --set train.labels=imputed",
        "train --points 68 --train-on data/300w my_pictures/",
        "train --points eyes --train-on my_photographs/",
    )

    def run(self, task: "Task", made: Made) -> Made:
        """Train, or resume, or find the run of the same settings and data."""
        from kaggle_fkd.system.console import log

        run = self.chosen_run(task)
        count = self.config(task).train.members
        if self.resume is not None and not self.settings_given:
            count = run.wanted_members
        if run.has_members(count):
            log.info("skipped, as data and settings are unchanged: %s", run.folder)
        else:
            self.train_members(run, count, task)
        return replace(made, run=run)
