"""runs: a list of the runs, with their scores."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.stages.stage import Made, Stage

if TYPE_CHECKING:
    from kaggle_fkd.task import Task


@dataclass(frozen=True, kw_only=True)
class Runs(Stage):
    """The runs in RUNS_DIR: networks, validation and out-of-fold scores, time, settings."""

    summary: ClassVar[str] = "a list of the runs, with their scores, times and settings"
    needs_task: ClassVar[bool] = False
    examples: ClassVar[tuple[str, ...]] = ("runs",)

    def run(self, task: "Task | None", made: Made) -> Made:
        """The table, the newest run first, for stdout."""
        from kaggle_fkd.runs.overview import overview

        return replace(made, document=overview(self.runs_dir))
