"""page: the page of `serve` as one HTML file, which needs no Python."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.stages.finding import FinderStage
from kaggle_fkd.stages.options import named_path, new_file, option
from kaggle_fkd.stages.stage import Made

if TYPE_CHECKING:
    from kaggle_fkd.task import Task


@dataclass(frozen=True, kw_only=True)
class Page(FinderStage):
    """The page of `serve` as one HTML file: networks and onnxruntime-web inside, no server.

    A double click opens it, and any web server can offer it. Nothing leaves the browser.
    """

    summary: ClassVar[str] = "the page as one HTML file, which finds keypoints without Python"
    needs: ClassVar[tuple[str, ...]] = ("web",)
    examples: ClassVar[tuple[str, ...]] = ("page --output keypoints.html",)
    device: str = "cpu"
    """The networks are only read here; a browser computes them."""
    output: Path | None = option(
        "--output", type=new_file, metavar="FILE",
        help="the file to write (default: RUNS_DIR/page/keypoints.html)",
    )  # fmt: skip
    runtime: Path | None = option(
        "--runtime", type=named_path, metavar="DIR",
        help="the dist folder of npm's onnxruntime-web (default: it is fetched with npm, and kept)",
    )  # fmt: skip

    def other_folders(self) -> tuple[Path, ...]:
        """The folder of the file, and the one in which npm's package is kept."""
        from kaggle_fkd.web.runtime import cache_folder

        output = [self.output.parent] if self.output else []
        kept = [] if self.runtime else [cache_folder()]
        return (*output, *kept)

    def run(self, task: "Task | None", made: Made) -> Made:
        """Write the file."""
        from kaggle_fkd.system.console import log
        from kaggle_fkd.system.files import write_text
        from kaggle_fkd.web.runtime import Runtime
        from kaggle_fkd.web.single_page import single_page

        runtime = Runtime.from_folder(self.runtime) if self.runtime else Runtime.fetched()
        path = self.output or self.runs_dir / "page" / "keypoints.html"
        write_text(path, single_page(self.finder(made), self.network_name(made), runtime))
        log.info("%s: %.1f MB", path, path.stat().st_size / 1e6)
        return replace(made, document=str(path.resolve()))
