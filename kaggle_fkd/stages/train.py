"""train: the members of a run, each a network on all training faces but one fold."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.errors import UsageError
from kaggle_fkd.stages.stage import Made
from kaggle_fkd.stages.training import TrainingStage
from kaggle_fkd.system.torchrun import started_by_torchrun

if TYPE_CHECKING:
    from kaggle_fkd.runs.run import Run
    from kaggle_fkd.task import Task


@dataclass(frozen=True, kw_only=True)
class Train(TrainingStage):
    """A network, or several that are averaged, each validated on a fold that it never sees."""

    summary: ClassVar[str] = "a network, or several: weights, metrics, learning curves"
    shares_work: ClassVar[bool] = True
    examples: ClassVar[tuple[str, ...]] = (
        "train",
        "train --preset best --resume",
        "train --model naimishnet --epochs 50 --lr 2e-3",
        "train --model lenet --set train.labels=imputed",
        "train --points 68 --train-on data/300w my_pictures/",
        "train --points eyes --train-on my_photographs/",
    )

    def check(self, task: "Task") -> None:
        """Also reject jobs beside the processes of torchrun."""
        super().check(task)
        if self.jobs is not None and started_by_torchrun():
            raise UsageError(
                f"--jobs {self.jobs} was given, but torchrun has started processes already",
                "leave one of the two out",
            )

    def run(self, task: "Task", made: Made) -> Made:
        """Train, or resume, or find the run of the same settings and data."""
        from kaggle_fkd.system.process_group import joined_processes

        with joined_processes():
            return replace(made, run=self._trained(task))

    def _trained(self, task: "Task") -> "Run":
        from kaggle_fkd.system.console import log
        from kaggle_fkd.system.process_group import current_group

        run = self.chosen_run(task)
        count = self.config(task).train.members
        if self.resume is not None and not self.settings_given:
            count = run.wanted_members
        if current_group().decided_by_first(lambda: run.is_tidy(count)):
            log.info("skipped, as data and settings are unchanged: %s", run.folder)
        else:
            self.train_members(run, count, task)
        return run
