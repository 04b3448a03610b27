"""What the stages have in common that find faces and their keypoints."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.errors import UsageError
from kaggle_fkd.stages.options import FinderOptions
from kaggle_fkd.stages.stage import Made, Stage, name_of_stage

if TYPE_CHECKING:
    from kaggle_fkd.photo.finder import FaceKeypoints
    from kaggle_fkd.photo.finder_config import FinderConfig
    from kaggle_fkd.runs.run import Run
    from kaggle_fkd.task import Task

PACKAGE = "the networks of the package"
"""What pages call those."""


@dataclass(frozen=True, kw_only=True)
class FinderStage(FinderOptions, Stage):
    """Base of the stages that find faces, which need no task."""

    needs_task: ClassVar[bool] = False

    def check(self, task: "Task | None") -> None:
        """Reject several runs, and runs or points that do not exist."""
        from kaggle_fkd.inference.network import read_metadata

        name = name_of_stage(type(self))
        if self.points not in (None, "15", "68"):
            raise UsageError(
                f"--points {self.points}: {name} knows 15 and 68",
                "leave it out: a run (--run) has keypoints of its own",
            )
        if len(self.runs) > 1:
            raise UsageError("--run: several runs were given", f"{name} takes one")
        if isinstance(chosen := self.chosen(Made()), Path):
            read_metadata(chosen)
        elif chosen is not None:
            chosen.require_members()

    def chosen(self, made: Made) -> "Run | Path | None":
        """Whose networks are used: the named run or file, or the run just trained, if any."""
        from kaggle_fkd.inference.metadata import is_exported
        from kaggle_fkd.runs.find import find_run

        for name in self.runs:
            return Path(name) if is_exported(name) else find_run(self.runs_dir, name)
        return made.run

    def finder(self, made: Made) -> "FaceKeypoints":
        """What finds the faces: the package's networks, or the chosen ones."""
        return self.finder_config(made).load()

    def finder_config(self, made: Made) -> "FinderConfig":
        """Which networks find the faces, and where they are computed."""
        from kaggle_fkd.inference.providers import usable_device
        from kaggle_fkd.photo.finder_config import FinderConfig
        from kaggle_fkd.system.console import log

        device = usable_device(self.device)
        if device != self.device:
            log.warning(
                "onnxruntime cannot use the device %s here: %s is used", self.device, device
            )
        chosen = self.chosen(made)
        return FinderConfig(
            run=chosen if chosen is None or isinstance(chosen, Path) else chosen.folder,
            convention=self.points_of,
            points=int(self.points) if self.points else None,
            device=device,
        )

    def network_name(self, made: Made) -> str:
        """What pages call the networks: never a path."""
        chosen = self.chosen(made)
        if chosen is None:
            return PACKAGE
        return chosen.stem if isinstance(chosen, Path) else chosen.name
