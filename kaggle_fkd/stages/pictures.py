"""What the stages that work on pictures have in common."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kaggle_fkd.errors import UsageError
from kaggle_fkd.stages.finding import FinderStage
from kaggle_fkd.stages.options import PictureOptions
from kaggle_fkd.stages.stage import name_of_stage

if TYPE_CHECKING:
    from kaggle_fkd.task import Task


@dataclass(frozen=True, kw_only=True)
class PictureStage(PictureOptions, FinderStage):
    """Base of the stages that work on pictures."""

    def other_folders(self) -> tuple[Path, ...]:
        """The folder of its results."""
        return (self.output,) if self.output else ()

    def check(self, task: "Task | None") -> None:
        """Reject missing inputs, several runs, and runs or points that do not exist."""
        name = name_of_stage(type(self))
        if not self.inputs:
            raise UsageError(
                f"{name}: there is no input", "name pictures, folders, or astronaut (--input)"
            )
        super().check(task)
