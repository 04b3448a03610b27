"""What the stages that work on pictures have in common."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.errors import UsageError
from kaggle_fkd.stages.options import PictureOptions
from kaggle_fkd.stages.stage import Made, Stage, name_of_stage

if TYPE_CHECKING:
    from kaggle_fkd.photo.finder import FaceKeypoints
    from kaggle_fkd.runs.run import Run
    from kaggle_fkd.task import Task


@dataclass(frozen=True, kw_only=True)
class PictureStage(PictureOptions, Stage):
    """Base of the stages that work on pictures, which need no task."""

    needs_task: ClassVar[bool] = False

    def check(self, task: "Task | None") -> None:
        """Reject missing inputs, several runs, and runs, points or devices that do not exist."""
        from kaggle_fkd.inference.providers import execution_providers
        from kaggle_fkd.runs.find import named_runs

        name = name_of_stage(type(self))
        if not self.inputs:
            raise UsageError(
                f"{name}: there is no input", "name pictures, folders, or astronaut (--input)"
            )
        if self.points not in (None, "15", "68"):
            raise UsageError(
                f"--points {self.points}: {name} knows 15 and 68",
                "leave it out: a run (--run) has keypoints of its own",
            )
        runs = named_runs(self.runs_dir, self.runs)
        if len(runs) > 1:
            raise UsageError("--run: several runs were given", f"{name} takes one")
        for run in runs:
            run.require_members()
        execution_providers(self.device)

    def chosen_runs(self, made: Made) -> "list[Run]":
        """The run whose networks are used, if any: the named one, or the one just trained."""
        from kaggle_fkd.runs.find import named_runs

        named = named_runs(self.runs_dir, self.runs)
        return named or ([made.run] if made.run else [])

    def finder(self, made: Made) -> "FaceKeypoints":
        """What finds the faces: the package's networks, or those of the chosen run."""
        from kaggle_fkd.photo.finder import FaceKeypoints

        runs = self.chosen_runs(made)
        return FaceKeypoints(
            run=runs[0] if runs else None,
            convention=self.points_of,
            points=int(self.points) if self.points else None,
            device=self.device,
        )
