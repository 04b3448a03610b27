"""blend: the weighted mean of submission files, as a submission of its own."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.stages.options import named_path, option
from kaggle_fkd.stages.stage import Made, Stage

if TYPE_CHECKING:
    from kaggle_fkd.task import Task


@dataclass(frozen=True, kw_only=True)
class Blend(Stage):
    """The mean of submission files; the competition's data are not needed."""

    summary: ClassVar[str] = "the weighted mean of submission files"
    needs_task: ClassVar[bool] = False
    examples: ClassVar[tuple[str, ...]] = (
        "blend submissions/a.csv submissions/b.csv",
        "blend a.csv b.csv --blend-weights 2 1",
    )
    files: tuple[Path, ...] = option(
        "--blend", default=(), positional=True, type=named_path, nargs="+", action="extend",
        metavar="FILE",
        help="the submissions to average",
    )  # fmt: skip
    blend_weights: tuple[float, ...] = option(
        "--blend-weights", default=(), type=float, nargs="+", action="extend", metavar="W",
        help="their weights (default: equal)",
    )  # fmt: skip

    def check(self, task: "Task | None") -> None:
        """Reject fewer than two files, the same file twice, and weights that do not fit."""
        from kaggle_fkd.competition.blend import check_blend

        check_blend(self.files, self.blend_weights)

    def run(self, task: "Task | None", made: Made) -> Made:
        """Write the blend to SUBMISSIONS_DIR; the same files and weights give the same name.

        Neither the order of the files nor their paths count.
        """
        from kaggle_fkd.competition.blend import blend_submissions
        from kaggle_fkd.competition.record import (
            doubts_of_networks,
            is_sample_submission,
            submission_name,
            write_record,
        )
        from kaggle_fkd.competition.submission import write_locations
        from kaggle_fkd.system.console import log
        from kaggle_fkd.system.files import sha256_of

        blended = blend_submissions(self.files, self.blend_weights)
        digests = [sha256_of(path) for path in self.files]
        weights = list(self.blend_weights) or [1.0] * len(self.files)
        content = repr(sorted(zip(digests, weights, strict=True)))
        name = f"blend-of-{len(self.files)}-{hashlib.sha256(content.encode()).hexdigest()[:6]}"
        sample = any(map(is_sample_submission, self.files))
        path = self.submissions_dir / submission_name(name, sample)
        doubts = [each for file in self.files for each in doubts_of_networks(file)]
        made_by = f"blend of {', '.join(file.stem for file in self.files)}"
        files = dict(zip(map(str, self.files), digests, strict=True))
        inputs = {"files": files, "weights": weights}
        rows = len(blended.row_ids)

        def record(digest: str) -> None:
            write_record(
                path, digest, inputs, made_by, sample, rows=rows, doubts_of_networks=doubts
            )

        write_locations(path, blended.row_ids, blended.locations, record)
        parts = ", ".join(f"{w:g} x {p.name}" for w, p in zip(weights, self.files, strict=True))
        log.info("%d locations, the mean of %s: %s", rows, parts, path)
        return replace(made, submission=path)
