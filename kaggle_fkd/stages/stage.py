"""`Stage`: one step of the pipeline, which owns its options, its checks and its result."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import Field, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from kaggle_fkd.errors import FkdError
from kaggle_fkd.stages.options import CommonOptions

if TYPE_CHECKING:
    from kaggle_fkd.runs.run import Run
    from kaggle_fkd.task import Task


@dataclass(frozen=True)
class Made:
    """What the stages of one call have made so far."""

    run: "Run | None" = None
    """The run that was trained, or found finished."""
    submission: Path | None = None
    """The submission that was written, or found unchanged."""
    document: str | None = None
    """What belongs on stdout: JSON, or a table."""
    failure: FkdError | None = None
    """The error to raise at the end, if some inputs failed while others succeeded."""


@dataclass(frozen=True, kw_only=True)
class Stage(CommonOptions, ABC):
    """A step of the pipeline; its fields are its options."""

    summary: ClassVar[str]
    """What it does, in half a sentence, for the list of stages."""
    sections: ClassVar[tuple[str, ...]] = ()
    """The sections of the settings that it uses."""
    needs_task: ClassVar[bool] = True
    """Whether it works on the data of a task, which then must list it in `Task.stages`. Other
    stages are given None instead of a task."""
    needs: ClassVar[tuple[str, ...]] = ("training",)
    """What it uses of the libraries that not everyone has (`system.extras.NEEDS`)."""
    shares_work: ClassVar[bool] = False
    """Whether processes that torchrun has started share its work."""
    examples: ClassVar[tuple[str, ...]] = ()
    """Command lines that --help shows, without the program's name."""

    def folders(self) -> tuple[Path, ...]:
        """Where it may write, or an earlier call may have been killed while it wrote."""
        return self.data_dir, self.runs_dir, self.submissions_dir, *self.other_folders()

    def other_folders(self) -> tuple[Path, ...]:
        """Of them, those that its own options name."""
        return ()

    def check(self, task: "Task") -> None:  # most stages have nothing to check
        """Refuse what can be known to be wrong before any work is done; raises FkdError."""

    @abstractmethod
    def run(self, task: "Task", made: Made) -> Made:
        """Do the work on the task's data; `made`, and what this stage has made.

        Raises FkdError for whatever stops it.
        """


def options_of(kind: type[Stage]) -> Iterator[Field[Any]]:
    """The fields of a stage that are arguments."""
    return (each for each in fields(kind) if "flags" in each.metadata)


def name_of_stage(kind: type[Stage]) -> str:
    """The name on the command line: that of the stage's module."""
    return kind.__module__.rpartition(".")[2]
