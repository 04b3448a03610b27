"""report: one page about a run, from what the other stages have written."""

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.stages import load_stage
from kaggle_fkd.stages.options import TaskOptions, option, run_names
from kaggle_fkd.stages.stage import Made, Stage, options_of

if TYPE_CHECKING:
    from kaggle_fkd.runs.run import Run
    from kaggle_fkd.task import Task

REPORT = "report.html"
"""The name of the page in the run's folder."""
SAMPLE_NOTICE = (
    "Measured on sample faces, which this program draws itself: no number here can be compared "
    "with Kaggle's."
)


@dataclass(frozen=True, kw_only=True)
class Report(TaskOptions, Stage):
    """One page about a run: data, training, scores, errors, all runs, submissions, settings.

    It is a single HTML file that needs no network. What a stage has not made yet is left out, with
    the command that makes it.
    """

    summary: ClassVar[str] = "a page about a run: data, training, scores, errors, submissions"
    needs: ClassVar[tuple[str, ...]] = ("training", "report")
    examples: ClassVar[tuple[str, ...]] = ("report", "report --run RUN")
    runs: tuple[str, ...] = option(
        "--run", default=(), type=run_names, action="extend", metavar="RUN[,RUN...]",
        help="the run to report on, or several, a page for each (default: the newest)",
    )  # fmt: skip

    def check(self, task: "Task") -> None:
        """Reject runs that do not exist."""
        from kaggle_fkd.runs.find import named_runs

        named_runs(self.runs_dir, self.runs)

    def run(self, task: "Task", made: Made) -> Made:
        """Write RUNS_DIR/RUN/report.html, replacing an earlier one.

        It reports on the named runs, the one just trained, or the newest of these data.
        """
        from kaggle_fkd.runs.find import named_runs

        runs = named_runs(self.runs_dir, self.runs)
        for run in runs or [made.run or task.newest_run(self.runs_dir)]:
            self._write(run.require_members(), task)
        return made

    def _write(self, run: "Run", task: "Task") -> None:
        from kaggle_fkd.report.page import Page, write_page
        from kaggle_fkd.report.sources import ReportSources
        from kaggle_fkd.system.console import log
        from kaggle_fkd.system.text import count_of
        from kaggle_fkd.training.select import require_same_data

        require_same_data(run, task.training_data(run.config))
        sources = ReportSources(
            run, self.runs_dir, self.submissions_dir, lambda stage: self._command(stage, run)
        )
        page = Page(
            title=run.name,
            subtitle=f"{task.predicts}, predicted by {count_of(len(run.members), 'network')} "
            f"({run.config.train.model})",
            notice=SAMPLE_NOTICE if run.sample_faces else "",
            sections=task.report_sections(sources),
        )
        path = run.folder / REPORT
        write_page(path, page)
        log.info("report: %s", path)

    def _command(self, stage: str, run: "Run") -> str:
        """The command line of another stage, for the same folders, keypoints and run."""
        in_runs_dir = run.folder.parent == self.runs_dir
        chosen = {"runs": (run.name if in_runs_dir else run.folder,)}
        words = ["kaggle-fkd", stage]
        for each in options_of(load_stage(stage)):
            value = chosen.get(each.name, getattr(self, each.name, each.default))
            if value != each.default:
                values = value if isinstance(value, tuple) else (value,)
                words += [each.metadata["flags"][0], *map(str, values)]
        return shlex.join(words)
