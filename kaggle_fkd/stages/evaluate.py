"""evaluate: out-of-fold predictions of every training face, their scores, and a label audit."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.errors import UsageError
from kaggle_fkd.runs import NEWEST
from kaggle_fkd.stages.options import RunOptions, named_path, option
from kaggle_fkd.stages.stage import Made
from kaggle_fkd.stages.training import TrainingStage

if TYPE_CHECKING:
    from kaggle_fkd.runs.run import Run
    from kaggle_fkd.task import Task


@dataclass(frozen=True, kw_only=True)
class Evaluate(RunOptions, TrainingStage):
    """Out-of-fold scores of a run; missing members are trained first."""

    sections: ClassVar[tuple[str, ...]] = (*TrainingStage.sections, "predict")
    summary: ClassVar[str] = "out-of-fold scores with intervals, worst faces, label audit"
    examples: ClassVar[tuple[str, ...]] = (
        "evaluate",
        "evaluate --run RUN",
        "evaluate --points 68 --train-on data/300w --set train.folds=5",
    )

    force: bool = option(
        "--force", default=False, action="store_true",
        help="train a new run, although there is one of these settings",
    )  # fmt: skip
    coco: bool = option(
        "--coco", default=False, action="store_true",
        help="write every face as a picture, too, and faces/coco.json with labels and out-of-fold "
        "predictions, for labelling tools",
    )  # fmt: skip
    test_on: tuple[Path, ...] = option(
        "--test-on", default=(), type=named_path, nargs="+", action="extend", metavar="PATH",
        help="with --points 68 or FILE: folders or zips of annotated pictures (their test part, in "
        "Udacity's layout) on which the trained networks are scored; no others are trained then",
    )  # fmt: skip

    def check(self, task: "Task") -> None:
        """The checks of training; also rejects settings with --run, because a run keeps its own."""
        from kaggle_fkd.runs.find import runs_to_average

        super().check(task)
        if self.runs and (self.settings_given or self.force or self.resume is not None):
            raise UsageError(
                "training options were given, but a run that is named (--run) keeps its own, so "
                "there is nothing to train",
                "leave them out",
            )
        if self.coco and self.test_on:
            raise UsageError(
                "--coco writes faces that were held out of a training, and --test-on scores others",
                "leave one of them out",
            )
        if len(self.runs) > 1 and not task.averages_runs:
            raise UsageError(
                f"several runs for the keypoints {task.scheme.name} are not averaged",
                "name one run",
            )
        runs_to_average(self.runs_dir, self.runs)
        task.check_evaluation()

    def run(self, task: "Task", made: Made) -> Made:
        """Train what members are missing, so that every fold of every run has been held out once,
        and write RUNS_DIR/evaluation-<run>[+<run>...], replacing all of an earlier one but the
        decisions of a label review.

        With --test-on, a run that has a finished member is scored as it is.
        """
        from kaggle_fkd.evaluation.label_review import keep_decisions
        from kaggle_fkd.runs.evaluation_receipt import write_evaluation_receipt
        from kaggle_fkd.runs.find import evaluation_folder
        from kaggle_fkd.system.console import announce, log
        from kaggle_fkd.system.device import pick_device
        from kaggle_fkd.system.files import replaced_folder
        from kaggle_fkd.system.text import count_of

        device = pick_device(self.device)
        runs = self._runs_to_evaluate(task, made)
        config = dataclasses.replace(self.config(task), chips=runs[0].config.chips)
        for run in runs:
            missing = run.config.train.folds - len(run.members)
            if self.test_on and run.members:
                continue
            if missing > 0:
                log.info("%s: training the %s that it lacks", run.name, count_of(missing, "member"))
            self.train_members(run, run.config.train.folds, task)
        folder = evaluation_folder(self.runs_dir, runs)
        with replaced_folder(folder) as new:
            lines = task.evaluate(runs, config, device, new, self.coco)
            write_evaluation_receipt(new, runs)
            keep_decisions(folder, new)
        log.info("evaluation: %s", folder)
        announce(*lines)
        return dataclasses.replace(made, run=runs[0])

    def continuing_command(self, run: "Run", count: int) -> str:
        """As in training; a run that --run names is trained further without --resume."""
        members = run.config.train.members  # an evaluation trains as many as there are folds
        return "the same command" if self.runs else super().continuing_command(run, members)

    def _runs_to_evaluate(self, task: "Task", made: Made) -> "list[Run]":
        """The named runs, the one just trained, one of the settings given, or the newest.

        With a bare --resume, the newest unfinished one comes first; with --force, it is a new one.
        """
        from kaggle_fkd.runs.find import runs_in, runs_to_average
        from kaggle_fkd.training.select import require_same_data

        if self.runs:
            runs = runs_to_average(self.runs_dir, self.runs)
            if other := [run for run in runs if run.config.chips != runs[0].config.chips]:
                raise UsageError(
                    f"{runs[0].name} and {other[0].name} have different settings of chips",
                    "evaluate them one after the other",
                )
            return [require_same_data(run, task.training_data(run.config)) for run in runs]
        if made.run is not None:
            return [made.run]
        if self.settings_given or self.force or self.resume not in (None, NEWEST):
            return [self.chosen_run(task)]
        if self.resume and (unfinished := self.newest_unfinished(task)):
            return [unfinished]
        trained = (run for run in runs_in(self.runs_dir) if run.members)
        return [task.first_on_these_data(trained) or self.chosen_run(task)]
