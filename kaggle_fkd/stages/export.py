"""export: a trained run as one ONNX file, which runs without torch."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.stages.options import new_file, option, run_names
from kaggle_fkd.stages.stage import Made, Stage

if TYPE_CHECKING:
    from kaggle_fkd.task import Task


@dataclass(frozen=True, kw_only=True)
class Export(Stage):
    """All networks of a run, averaged, as one ONNX file: grey values in, keypoints in pixels out.

    examples/README.md says what the file takes and gives, and how to use it without this package.
    """

    summary: ClassVar[str] = "a trained run as one ONNX file, which runs without torch"
    needs_task: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ("training", "onnx")
    examples: ClassVar[tuple[str, ...]] = ("export", "export RUN --output keypoints.onnx")
    runs: tuple[str, ...] = option(
        "--run", default=(), positional=True, type=run_names, action="extend", metavar="RUN",
        help="the run to export (default: the newest)",
    )  # fmt: skip
    output: Path | None = option(
        "--output", type=new_file, metavar="FILE",
        help="the file to write (default: RUNS_DIR/RUN/RUN.onnx)",
    )  # fmt: skip

    def other_folders(self) -> tuple[Path, ...]:
        """The folder of the file."""
        return (self.output.parent,) if self.output else ()

    def check(self, task: "Task | None") -> None:
        """Reject several runs, and one that does not exist or is not finished."""
        from kaggle_fkd.errors import UsageError
        from kaggle_fkd.runs.find import named_runs

        if len(self.runs) > 1:
            raise UsageError("--run: several runs were given", "export takes one")
        for run in named_runs(self.runs_dir, self.runs):
            run.require_members()

    def run(self, task: "Task | None", made: Made) -> Made:
        """Write the file, and say how it compares with torch.

        It is that of the named run, the one just trained, or the newest.
        """
        from kaggle_fkd.export.run_export import export_run
        from kaggle_fkd.runs.find import named_runs, newest_trained
        from kaggle_fkd.system.console import log
        from kaggle_fkd.system.text import count_of

        named = named_runs(self.runs_dir, self.runs)
        run = named[0] if named else made.run or newest_trained(self.runs_dir)
        path = self.output or run.folder / f"{run.name}.onnx"
        exported = export_run(run, path)
        log.info(
            "%s: %s, %.2f MB; its outputs are %.1g pixels from those of torch",
            run.name, count_of(exported.networks, "network"), path.stat().st_size / 1e6,
            exported.parity,
        )  # fmt: skip
        log.info(
            "the weights are stored as fp16, which moves outputs by %.2g pixels" if exported.half
            else "the weights are stored as fp32: fp16 would move outputs by %.2g pixels",
            exported.half_cost,
        )  # fmt: skip
        return replace(made, document=str(path.resolve()))
