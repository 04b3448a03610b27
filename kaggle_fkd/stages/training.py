"""What the stages that train have in common: their checks, and the run that they select."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.config import TRAINING_SECTIONS, Config, build_config, override
from kaggle_fkd.errors import UsageError
from kaggle_fkd.networks import check_network_name
from kaggle_fkd.runs import NEWEST
from kaggle_fkd.stages.options import TaskOptions, TrainingOptions
from kaggle_fkd.stages.stage import Stage

if TYPE_CHECKING:
    from kaggle_fkd.runs.run import Run
    from kaggle_fkd.task import Task


LABEL_FILES = {
    "audit": "use an audit.csv that the evaluate stage wrote",
    "label_fixes": "use a CSV file of decisions about labels, or a COCO file of corrected ones",
}
"""The settings of `train` that name files about labels, and what such a file is."""


@dataclass(frozen=True, kw_only=True)
class TrainingStage(TaskOptions, TrainingOptions, Stage):
    """Base of the stages that train networks."""

    sections: ClassVar[tuple[str, ...]] = tuple(TRAINING_SECTIONS)

    def check(self, task: "Task") -> None:
        """Reject settings, presets, devices and runs that do not exist."""
        from kaggle_fkd.runs.find import find_run
        from kaggle_fkd.system.device import pick_device
        from kaggle_fkd.training.start import check_start

        if self.preset is not None:
            task.check_preset(self.preset)
        config = build_config(self.preset or task.presets[0], self.settings)
        check_network_name(config.train.model, task.networks)
        pick_device(self.device)
        for name, remedy in LABEL_FILES.items():
            path = getattr(config.train, name)
            if path and not Path(path).is_file():
                raise UsageError(f"train.{name}={path}: there is no such file", remedy)
        if self._named_run:
            find_run(self.runs_dir, self._named_run)
        check_start(config.train.start_from, self.runs_dir)

    @property
    def _named_run(self) -> str | None:
        """The run that --resume names; None for the newest, or for a new one."""
        return None if self.resume == NEWEST else self.resume

    def config(self, task: "Task") -> Config:
        """The settings: those of the named run or of the preset, and the given ones on top.

        The run's label files are its own copies: those that it was started with may have changed.
        """
        from kaggle_fkd.runs.find import find_run

        if self._named_run and self.preset is None:
            return override(find_run(self.runs_dir, self._named_run).own_config, self.settings)
        return task.config(self.preset, self.settings)

    def chosen_run(self, task: "Task") -> "Run":
        """The run to train, to continue, or to leave as it is; see `choose_run`."""
        from kaggle_fkd.system.console import log
        from kaggle_fkd.system.device import describe_device, pick_device
        from kaggle_fkd.system.process_group import current_group
        from kaggle_fkd.training.select import TrainingRequest, choose_run

        unfinished = None
        if self.resume == NEWEST and not self.settings_given:
            unfinished = current_group().decided_by_first(lambda: self.newest_unfinished(task))
        config = unfinished.own_config if unfinished else self.config(task)
        if config.train.start_from and "submit" in task.stages:
            log.warning(
                "train.start_from=%s: these weights come from outside data -> before you submit, "
                "read whether the competition's rules and the licence of the weights allow it",
                config.train.start_from,
            )
        if unfinished:
            return unfinished
        with current_group().first_goes_first():  # it writes the cache that the others read
            data = task.training_data(config)
        request = TrainingRequest(
            self.runs_dir, data, task.is_sample, config, self.settings_given,
            self.resume, self.force,
        )  # fmt: skip
        return choose_run(request, describe_device(pick_device(self.device)))

    def newest_unfinished(self, task: "Task") -> "Run | None":
        """The newest unfinished run of these data, whatever its settings; None if there is none."""
        from kaggle_fkd.runs.find import runs_in

        return task.first_on_these_data(run for run in runs_in(self.runs_dir) if not run.finished)

    def train_members(self, run: "Run", count: int, task: "Task") -> None:
        """Train the run's first `count` members, if unfinished; Ctrl-C says how to resume."""
        from kaggle_fkd.experiment import train_run
        from kaggle_fkd.system.console import log
        from kaggle_fkd.system.device import keep_freed_memory, pick_device

        device = pick_device(self.device)
        if device.type == "cpu":
            keep_freed_memory()
        try:
            train_run(run, task.training_data(run.config), count, device, self.jobs)
        except KeyboardInterrupt:
            log.warning("interrupted: %s continues", self.continuing_command(run, count))
            raise

    def continuing_command(self, run: "Run", count: int) -> str:
        """What continues an interrupted training of the run's first `count` members, in words."""
        more = "" if count <= run.config.train.members else f" --set train.members={count}"
        return f"the same command with --resume (or --resume {run.name}{more})"
