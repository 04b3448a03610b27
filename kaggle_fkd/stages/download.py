"""download: the data, found in place, fetched, or (with `all`) drawn."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.stages.options import TaskOptions, option
from kaggle_fkd.stages.stage import Made, Stage

if TYPE_CHECKING:
    from kaggle_fkd.task import Task


@dataclass(frozen=True, kw_only=True)
class Download(TaskOptions, Stage):
    """The competition's files from Kaggle, or Udacity's 68-point frames; every row is checked."""

    summary: ClassVar[str] = "the competition's files, from Kaggle or in place, every row checked"
    needs: ClassVar[tuple[str, ...]] = ("training", "kaggle")
    examples: ClassVar[tuple[str, ...]] = ("download", "download --points 68")
    url: str | None = option(
        "--url", metavar="URL", help="with --points 68: another address of Udacity's archive"
    )
    may_use_sample: bool = False
    """Without data and credentials, draw sample faces: so it is within `all`."""

    def run(self, task: "Task", made: Made) -> Made:
        """Make sure that the data exist and are right."""
        task.fetch(self.may_use_sample)
        return made
