"""serve: a page in the browser, and a JSON API, for keypoints on pictures and a camera."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.errors import UsageError
from kaggle_fkd.stages.finding import PACKAGE, FinderStage
from kaggle_fkd.stages.options import option, run_names
from kaggle_fkd.stages.stage import Made
from kaggle_fkd.system.extras import require_modules

if TYPE_CHECKING:
    from kaggle_fkd.evaluation.label_review import LabelReview
    from kaggle_fkd.photo.finder_config import FinderConfig
    from kaggle_fkd.task import Task

PORT, LAST_PORT = 8015, 65535


@dataclass(frozen=True, kw_only=True)
class Serve(FinderStage):
    """A page and a JSON API for keypoints on pictures and a camera, for this computer only; with
    --review, also a page on which the labels that an audit suspects are reviewed.
    """

    summary: ClassVar[str] = "a page in the browser and a JSON API, for pictures and a camera"
    needs: ClassVar[tuple[str, ...]] = ("web",)
    examples: ClassVar[tuple[str, ...]] = ("serve --run RUN --no-browser", "serve --review RUN")
    port: int = option(
        "--port", type=int, default=PORT, metavar="N",
        help=f"the port of the page (default: {PORT}; 0 for a free one)",
    )  # fmt: skip
    no_browser: bool = option(
        "--no-browser", default=False, action="store_true", help="do not open a browser"
    )
    review: tuple[str, ...] | None = option(
        "--review", type=run_names, nargs="?", const=(), metavar="RUN[,RUN...]",
        help="review the training labels that the evaluation of that run, or of several together, "
        "suspects (default: the newest evaluated run)",
    )  # fmt: skip

    def check(self, task: "Task | None") -> None:
        """Refuse a port that does not exist, and networks and runs that cannot be used."""
        if not 0 <= self.port <= LAST_PORT:
            raise UsageError(
                f"--port {self.port} is out of range", f"give a number from 0 to {LAST_PORT}"
            )
        super().check(task)
        if self.review is not None:
            from kaggle_fkd.runs.find import named_runs

            require_modules(("training",), "--review")
            named_runs(self.runs_dir, self.review)

    def run(self, task: "Task | None", made: Made) -> Made:
        """Answer requests until Ctrl-C, which ends it as intended."""
        from kaggle_fkd.web.app import make_app
        from kaggle_fkd.web.server import Server

        review = None if self.review is None else self._open_review(self.review)
        config = self.finder_config(made)
        app = make_app(
            config.load(), self.network_name(made),
            others=lambda: self._others(config), review=review,
        )  # fmt: skip
        server = Server(self.port)
        with suppress(KeyboardInterrupt):
            server.run(app, not self.no_browser, "review" if review else "")
        return made

    def _others(self, started_with: "FinderConfig") -> "dict[str, FinderConfig]":
        """What the page can choose: the networks of the package, and the trained runs."""
        from kaggle_fkd.runs.find import runs_in

        package = replace(started_with, run=None, convention=None, points=None)
        trained = [run for run in runs_in(self.runs_dir) if run.members]
        return {PACKAGE: package} | {run.name: replace(package, run=run.folder) for run in trained}

    def _open_review(self, names: tuple[str, ...]) -> "LabelReview":
        """The review of the named runs, or of the newest evaluated one."""
        from kaggle_fkd.competition.task import CompetitionTask
        from kaggle_fkd.evaluation.label_review import open_review
        from kaggle_fkd.system.console import announce
        from kaggle_fkd.system.text import count_of

        faces = CompetitionTask(self.data_dir).competition.train
        review = open_review(self.runs_dir, names, faces)
        announce(
            f"{count_of(len(review.suspects), 'face')} to review; decisions are written to "
            f"{review.fixes_file}"
        )
        return review
