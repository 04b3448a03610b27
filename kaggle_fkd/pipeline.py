"""Runs the stages that were asked for, one after the other."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

from kaggle_fkd.config import build_config
from kaggle_fkd.errors import UsageError
from kaggle_fkd.stages.options import DATA_DIR, SettingOptions
from kaggle_fkd.stages.stage import Made, Stage, name_of_stage
from kaggle_fkd.system.console import banner, interrupts_held, log
from kaggle_fkd.system.extras import require_modules
from kaggle_fkd.system.temporary import remove_leftovers
from kaggle_fkd.system.torchrun import started_by_torchrun

if TYPE_CHECKING:
    from kaggle_fkd.task import Task

OTHER_POINTS = {
    "chips": "leave it out, or add --points 68 or FILE",
    "detect": "leave it out, or add --points eyes",
}
"""What to do about a setting of these sections that the chosen keypoints do not use."""


def check_extras(stages: Sequence[Stage]) -> None:
    """UsageError for a stage whose libraries are not installed."""
    for stage in stages:
        require_modules(stage.needs, f"the stage {name_of_stage(type(stage))}")


def run_pipeline(stages: Sequence[Stage], task: "Task | None") -> Iterator[str]:
    """Run the stages on the task, yielding the lines for stdout as soon as they exist.

    The lines are the path of a submission, or a document. The task may be None if no stage needs
    one. What killed processes left in the stages'
    folders is removed first; all checks come before any work. Raises FkdError if a stage fails.
    """
    given = cast("Task", task)  # None for stages that make no use of it
    for folder in {folder for stage in stages for folder in stage.folders()}:
        remove_leftovers(folder)
    _check(stages, given)
    made = Made()
    try:
        for stage in stages:
            if len(stages) > 1:
                log.info("== %s", name_of_stage(type(stage)))
            before, made = made, stage.run(given, made)
            if made.submission is not None and made.submission != before.submission:
                yield str(made.submission.resolve())
            if made.document is not None and made.document != before.document:
                yield made.document
        if made.failure is not None:
            raise made.failure
    finally:
        if task is not None and (notice := task.closing_notice()):
            banner(*notice)


def _check(stages: Sequence[Stage], task: "Task") -> None:
    """Raise UsageError for whatever can be recognised as wrong before any work."""
    for stage in stages:
        name = name_of_stage(type(stage))
        if started_by_torchrun() and not stage.shares_work:
            raise UsageError(
                f"started by torchrun: its processes would each run the stage {name}",
                "start only the stage train with it",
            )
        if stage.needs_task and name not in task.stages:
            raise UsageError(
                f"the stage {name} does not work with the keypoints {task.scheme.name}",
                f"these do: {', '.join(sorted(task.stages))}",
            )
        if isinstance(stage, SettingOptions):
            _check_settings(stage.overrides, stages, task)
    with interrupts_held():  # a check may import torch
        for stage in stages:
            stage.check(task)
    for stage in stages:
        if stage.needs_task and stage.data_dir != DATA_DIR and not stage.data_dir.is_dir():
            raise UsageError(
                f"--data-dir {stage.data_dir}: there is no such folder",
                "check its name, or make it first",
            )


def _check_settings(
    overrides: Sequence[tuple[str, str]], stages: Sequence[Stage], task: "Task"
) -> None:
    """UsageError for a setting that does not exist, or that no stage uses for this task."""
    build_config(task.presets[0], overrides)
    for key, value in overrides:
        section = key.partition(".")[0]
        if not task.uses(key):
            raise UsageError(
                f"--set {key}={value}: the keypoints {task.scheme.name} do not use that setting",
                OTHER_POINTS.get(section, "leave it out"),
            )
        if not any(section in each.sections for each in stages):
            raise UsageError(
                f"--set {key}={value} was given, but no stage here uses that setting",
                "leave it out (a trained run keeps its settings), or add the stage",
            )
