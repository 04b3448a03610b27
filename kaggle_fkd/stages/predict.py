"""predict: keypoints of the test faces by trained networks, as a submission."""

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from kaggle_fkd import __version__
from kaggle_fkd.errors import FkdError
from kaggle_fkd.stages.options import DeviceOptions, ForceOptions, RunOptions, SettingOptions
from kaggle_fkd.stages.stage import Made, Stage

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from kaggle_fkd.competition.task import CompetitionTask
    from kaggle_fkd.config import Config
    from kaggle_fkd.runs.run import Run
    from kaggle_fkd.task import Task

LOCK = ".lock"
"""In SUBMISSIONS_DIR: held while a submission gets its name and is written."""


@dataclass(frozen=True, kw_only=True)
class Predict(RunOptions, SettingOptions, DeviceOptions, ForceOptions, Stage):
    """The test faces' keypoints by the networks of one run or several, as a checked submission."""

    sections: ClassVar[tuple[str, ...]] = ("predict",)
    summary: ClassVar[str] = "the test faces as a checked submission CSV, and a gallery"
    examples: ClassVar[tuple[str, ...]] = (
        "predict",
        "predict --run RUN_A,RUN_B",
        "predict --set predict.tta_scale=0",
    )

    def check(self, task: "Task") -> None:
        """Reject devices and runs that do not exist."""
        from kaggle_fkd.runs.find import runs_to_average
        from kaggle_fkd.system.device import pick_device

        pick_device(self.device)
        runs_to_average(self.runs_dir, self.runs)

    def run(self, task: "Task", made: Made) -> Made:
        """Write the submission, or find the one that was written from the same inputs.

        One without its gallery, for which the disk had no space, is written again.
        """
        from kaggle_fkd.system.console import log
        from kaggle_fkd.system.lock import locked

        competition_task = cast("CompetitionTask", task)
        config = task.config(None, self.overrides)
        runs = self._runs_to_use(competition_task, made)
        inputs = _inputs(runs, config, competition_task)
        written = self._earlier(inputs)
        if written and written.with_suffix(".png").exists():
            log.info("skipped, as runs and test faces are unchanged: %s", written)
            return replace(made, submission=written)
        weights, predicted = self._predict(runs, config, competition_task)
        # Until the submission is there, another call would find the same name free.
        with locked(self.submissions_dir / LOCK):
            path = self._write(runs, inputs, weights, predicted, competition_task)
        return replace(made, submission=path)

    def _earlier(self, inputs: dict[str, Any]) -> "Path | None":
        """The submission from the same inputs, unless another is asked for by force."""
        from kaggle_fkd.competition.record import earlier_submission

        return None if self.force else earlier_submission(self.submissions_dir, inputs)

    def _runs_to_use(self, task: "CompetitionTask", made: Made) -> "list[Run]":
        """The named runs, the one just trained or the newest of these data; warns about them."""
        from kaggle_fkd.runs.find import best_comparable_run, runs_to_average, validation_score
        from kaggle_fkd.system.console import log

        runs = runs_to_average(self.runs_dir, self.runs)
        if not runs:
            runs = [made.run or task.newest_run(self.runs_dir)]
            best = best_comparable_run(runs[0], self.runs_dir)
            if best != runs[0]:
                log.info(
                    "%s is used; %s has a lower validation RMSE (%.3f instead of %.3f px): --run "
                    "%s", runs[0].name, best.name, validation_score(best),
                    validation_score(runs[0]), best.name,
                )  # fmt: skip
        for run in runs:
            if run.require_members().sample_faces and not task.is_sample:
                log.warning("%s was trained on sample faces, not on Kaggle's", run.name)
            elif not task.has_data_of(run):
                log.warning("%s was trained on a different data set", run.name)
            if not run.finished:
                trained, wanted = len(run.members), run.wanted_members
                log.warning("%s: %d of %d networks are trained", run.name, trained, wanted)
        return runs

    def _predict(
        self, runs: "list[Run]", config: "Config", task: "CompetitionTask"
    ) -> "tuple[NDArray[np.float64], NDArray[np.float32]]":
        """C x R weights of the runs, and N x K x 3 predictions for the test faces."""
        from kaggle_fkd import experiment

        train, test, settings = task.competition.train, task.competition.test, config.predict
        weights = experiment.ensemble_weights(runs, train, self.device, settings)
        return weights, experiment.predict(runs, test, self.device, settings, weights)

    def _write(
        self,
        runs: "list[Run]",
        inputs: dict[str, Any],
        weights: "NDArray[np.float64]",
        predicted: "NDArray[np.float32]",
        task: "CompetitionTask",
    ) -> "Path":
        """Write the submission, its record and its gallery, under a free name if they are new."""
        from kaggle_fkd.competition.doubts import doubts_about
        from kaggle_fkd.competition.record import submission_name, write_record
        from kaggle_fkd.competition.submission import clipped_share, write_submission
        from kaggle_fkd.figures.predictions import prediction_gallery
        from kaggle_fkd.figures.style import save_figure
        from kaggle_fkd.prediction.ensemble import weights_by_run
        from kaggle_fkd.runs.find import joined_name
        from kaggle_fkd.system.console import log
        from kaggle_fkd.system.files import free_path
        from kaggle_fkd.system.text import count_of

        competition, name = task.competition, joined_name(runs)
        keypoints = predicted[..., :2]
        sample = task.is_sample or any(run.sample_faces for run in runs)
        members = [member for run in runs for member in run.members]
        doubts = [f"{member.name}: {doubt}" for member in members for doubt in member.doubts]
        locations = competition.lookup.locations(keypoints)
        path = self._earlier(inputs) or free_path(
            self.submissions_dir / submission_name(name, sample)
        )
        for doubt in doubts_about(locations, doubts):
            log.warning("%s is not fit to be sent: %s", path, doubt)

        def record(digest: str) -> None:
            write_record(
                path, digest, inputs, name, sample,
                networks=len(members),
                weights=weights_by_run(weights, [run.name for run in runs], task.scheme),
                rows=len(competition.lookup),
                clipped_share=clipped_share(locations),
                doubts_of_networks=doubts,
                validation_rmse={m.name: m.validation for m in members},
            )  # fmt: skip

        figure = prediction_gallery(
            competition.test, predicted, f"Predicted test faces: {path.stem}"
        )
        # The submission is written last: if it is there, so are the other two, unless the
        # gallery alone cannot be written.
        failure = None
        try:
            save_figure(figure, path.with_suffix(".png"))
        except FkdError as error:
            failure = error
        write_submission(path, competition.lookup, keypoints, record)
        if failure is not None:
            raise failure
        log.info(
            "%d locations by %s (%s): %s",
            len(competition.lookup), name, count_of(len(members), "network"), path,
        )  # fmt: skip
        return path


def _inputs(runs: "list[Run]", config: "Config", task: "CompetitionTask") -> dict[str, Any]:
    """What the submission depends on."""
    return {
        "version": __version__,
        "weights": [member.weights_digest() for run in runs for member in run.members],
        "settings": asdict(config.predict),
        "test_hash": task.competition.test_digest,
    }
