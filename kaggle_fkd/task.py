"""`Task`: what differs between the competition, the keypoints of photographs, and detection."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.config import Config, build_config
from kaggle_fkd.errors import UsageError, suggest
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.networks import NETWORKS
from kaggle_fkd.presets import PRESETS

if TYPE_CHECKING:
    import torch

    from kaggle_fkd.report.section import Section
    from kaggle_fkd.report.sources import ReportSources
    from kaggle_fkd.runs.run import Run
    from kaggle_fkd.training.data import TrainingData


class Task(ABC):
    """Something to learn: its scheme, its data, its networks and presets, and its report.

    The data are read when they are first asked for, and once.
    """

    scheme: KeypointScheme
    """What its keypoints are."""
    networks: ClassVar[Mapping[str, str]] = NETWORKS
    """The networks that can learn it."""
    averages_runs: ClassVar[bool] = True
    """Whether the predictions of several runs can be averaged."""
    presets: tuple[str, ...]
    """The presets that are made for it, that of real data first."""
    stages: frozenset[str]
    """The stages that can work on it."""
    sections: frozenset[str]
    """The sections of the settings that matter for it."""
    unused: ClassVar[frozenset[str]] = frozenset()
    """The settings of these sections that do not, as section.name."""

    @property
    @abstractmethod
    def default_preset(self) -> str:
        """The preset that fits the data at hand."""

    @property
    @abstractmethod
    def is_sample(self) -> bool:
        """True when its faces are generated sample faces, which are never submitted."""

    @property
    @abstractmethod
    def predicts(self) -> str:
        """What its networks predict, as the beginning of a sentence."""

    @abstractmethod
    def fetch(self, may_use_sample: bool = False) -> None:
        """Make sure that the data exist, downloading or, if allowed, generating them."""

    @abstractmethod
    def training_data(self, config: Config) -> "TrainingData":
        """What its networks are trained on; raises NoDataError and DataError."""

    @abstractmethod
    def evaluate(
        self, runs: Sequence["Run"], config: Config, device: "torch.device", folder: Path,
        coco: bool,
    ) -> list[str]:  # fmt: skip
        """Write the report of the runs' out-of-fold predictions into a folder; a summary in lines.

        With `coco`, faces that have keypoints are written for labelling tools, too. Every fold is
        held out by a finished member of each run.
        """

    @abstractmethod
    def report_sections(self, sources: "ReportSources") -> list["Section"]:
        """The sections of the report of a run on its data; FkdError for a damaged file."""

    def newest_run(self, runs_dir: Path) -> "Run":
        """The trained run of these data, or else of these keypoints, whose member finished last.

        Raises RunError if there is none, and what `training_data` raises.
        """
        from kaggle_fkd.runs.find import newest_trained, runs_in

        trained = (run for run in runs_in(runs_dir) if run.members)
        return self.first_on_these_data(trained) or newest_trained(runs_dir, self.scheme)

    def first_on_these_data(self, runs: Iterable["Run"]) -> "Run | None":
        """The first of the runs that was trained on these data; None if none was."""
        return next((run for run in runs if self.has_data_of(run)), None)

    def has_data_of(self, run: "Run") -> bool:
        """Whether the run was trained on these data; raises what `training_data` raises."""
        from kaggle_fkd.training.data import same_data

        return run.scheme == self.scheme and same_data(run, self.training_data(run.config))

    def check_evaluation(self) -> None:  # noqa: B027  # most tasks have nothing to check
        """Raise, before anything is trained, what would keep `evaluate` from its work."""

    def closing_notice(self) -> tuple[str, ...]:
        """Lines to print when the program ends, even in quiet mode; usually none."""
        return ()

    def uses(self, setting: str) -> bool:
        """Whether a setting, section.name, matters for it."""
        return setting.partition(".")[0] in self.sections and setting not in self.unused

    def check_preset(self, preset: str) -> None:
        """UsageError for a preset that does not exist, or is made for another task."""
        if preset not in PRESETS:
            raise UsageError(f"there is no preset {preset!r}", suggest(preset, self.presets))
        if preset not in self.presets:
            raise UsageError(
                f"the preset {preset} is not made for the keypoints {self.scheme.name}",
                f"choose one of {', '.join(self.presets)}",
            )

    def config(self, preset: str | None, settings: tuple[tuple[str, str], ...]) -> Config:
        """The settings of `preset`, or of the task's default, with `settings` on top.

        Raises UsageError for a preset or a setting that does not exist or fit.
        """
        if preset is not None:
            self.check_preset(preset)
        return build_config(preset or self.default_preset, settings)
