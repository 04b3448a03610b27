"""photo: finds the keypoints of faces in pictures and videos, and draws or writes them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.errors import FkdError, UsageError
from kaggle_fkd.photo.overlay.builtin import filter_names
from kaggle_fkd.photo.overlay.line_width import check_line_width
from kaggle_fkd.stages.options import named_path, option, positive
from kaggle_fkd.stages.pictures import PictureStage
from kaggle_fkd.stages.stage import Made
from kaggle_fkd.system.extras import require_modules

if TYPE_CHECKING:
    from kaggle_fkd.photo.overlay.filter import Filter
    from kaggle_fkd.task import Task

PART_SIZE = 250
"""Pictures in a part of a table: a million are 4000 files, and a killed process loses seconds."""
OF_TABLES = ("part_size", "jobs", "ray")
"""The options that mean nothing without --table."""
OF_KEYPOINTS = ("no_boxes", "indices", "line_width")
"""The options that mean nothing with --filter."""
OF_DRAWINGS = ("filter", *OF_KEYPOINTS, "json", "csv", "pts", "coco", "output")
"""The options that mean nothing with --table."""


@dataclass(frozen=True, kw_only=True)
class Photo(PictureStage):
    """Keypoints or filters drawn on faces in pictures and videos; JSON, CSV, COCO, .pts, tables."""

    summary: ClassVar[str] = (
        "keypoints or a filter on pictures and videos; JSON, CSV, COCO, .pts, tables"
    )
    needs: ClassVar[tuple[str, ...]] = ()
    examples: ClassVar[tuple[str, ...]] = (
        "photo family.jpg holiday/ clip.mp4",
        "photo astronaut --filter sunglasses",
        "photo family.jpg --json > faces.json",
        "photo archive/ --table faces.parquet",
    )
    filter: str | None = option(
        "--filter", metavar="NAME",
        help=f"a filter to draw on the faces: {', '.join(filter_names())}, or a PNG of your own",
    )  # fmt: skip
    no_boxes: bool = option(
        "--no-boxes", default=False, action="store_true", help="draw the keypoints without boxes"
    )
    indices: bool = option(
        "--indices", default=False, action="store_true", help="write the keypoints' numbers, too"
    )
    line_width: float = option(
        "--line-width", type=float, default=1.0, metavar="FACTOR",
        help="draw lines and keypoints that many times as wide (default: 1)",
    )  # fmt: skip
    json: bool = option(
        "--json", default=False, action="store_true",
        help="write NAME.json, too, and all of it to stdout",
    )  # fmt: skip
    csv: bool = option("--csv", default=False, action="store_true", help="write NAME.csv, too")
    pts: bool = option(
        "--pts", default=False, action="store_true", help="write NAME_1.pts, ..., too"
    )
    coco: bool = option(
        "--coco", default=False, action="store_true",
        help="write coco.json, too: the faces of all pictures as COCO keypoints",
    )  # fmt: skip
    table: Path | None = option(
        "--table", type=named_path, metavar="FOLDER",
        help="instead of drawings: a row for each face, in Parquet files in that folder; the same "
        "command continues what was interrupted",
    )  # fmt: skip
    part_size: int | None = option(
        "--part-size", type=positive, metavar="N",
        help=f"with --table: pictures in each of its files (default: {PART_SIZE})",
    )  # fmt: skip
    jobs: int | None = option(
        "--jobs", type=positive, metavar="N",
        help="with --table: processes at the same time (default: one for each processor)",
    )  # fmt: skip
    ray: str | None = option(
        "--ray", metavar="ADDRESS",
        help="with --table: the Ray cluster that does the work, HOST:PORT, auto, or local",
    )  # fmt: skip

    def other_folders(self) -> tuple[Path, ...]:
        """That of the drawings, or that of the table."""
        return (self.table,) if self.table else super().other_folders()

    def check(self, task: "Task | None") -> None:
        """Refuse missing inputs, several runs, an unknown filter, or options without a meaning."""
        super().check(task)
        self._check_table()
        check_line_width(self.line_width, "--line-width")
        if self._worn() is not None:
            self._refuse(OF_KEYPOINTS, "with --filter", "leave one of them out")

    def _refuse(self, names: Sequence[str], where: str, remedy: str) -> None:
        """UsageError if one of the options of these names is given, which has no meaning there."""
        for each in fields(self):
            if each.name in names and getattr(self, each.name) != each.default:
                raise UsageError(f"{each.metadata['flags'][0]} has no meaning {where}", remedy)

    def _check_table(self) -> None:
        """Refuse options that a table does not have, or that only a table has."""
        if self.table is None:
            self._refuse(OF_TABLES, "without --table", "leave it out, or add --table FOLDER")
            return
        self._refuse(OF_DRAWINGS, "with --table", "leave one of them out")
        need, flag = ("cluster", "--ray") if self.ray else ("table", "--table")
        require_modules([need], flag)

    def run(self, task: "Task | None", made: Made) -> Made:
        """Annotate every input; those that fail are reported, and the rest still processed.

        Raises UsageError for a filter without anchors for the keypoints.
        """
        if self.table is not None:
            return replace(made, failure=self._tabulate(self.table, made) or made.failure)
        from kaggle_fkd.photo.annotator import Annotator
        from kaggle_fkd.photo.coco import COCO_FILE, write_coco
        from kaggle_fkd.photo.inputs import process_inputs

        find, worn = self.finder(made), self._worn()
        if worn is not None:
            worn.anchors_for(find.scheme)
        annotator = Annotator(
            find, self.output or self.runs_dir / "photo",
            worn=worn,
            boxes=not self.no_boxes, indices=self.indices, line_width=self.line_width,
            json=self.json, csv=self.csv, pts=self.pts,
        )  # fmt: skip
        records, failure = process_inputs(
            self.inputs, annotator.folder, annotator.annotate, videos=True,
            reserved=[Path(COCO_FILE).stem] if self.coco else [],
        )  # fmt: skip
        if self.coco:
            write_coco(annotator.folder, records, find.scheme)
        document = json.dumps(records) if self.json else made.document
        return replace(made, document=document, failure=failure or made.failure)

    def _tabulate(self, folder: Path, made: Made) -> FkdError | None:
        """Write the table; an error if some pictures failed."""
        from kaggle_fkd.photo.parquet.part import Work
        from kaggle_fkd.photo.parquet.tabulate import tabulate

        work = Work(folder, self.finder_config(made))
        part_size = self.part_size or PART_SIZE
        return tabulate(self.inputs, work, part_size, jobs=self.jobs, ray=self.ray)

    def _worn(self) -> "Filter | None":
        """The filter of that name, or in that PNG; raises UsageError or PictureError."""
        from kaggle_fkd.photo.overlay.filter import get_filter, load_filter

        if self.filter is None:
            return None
        own = self.filter not in filter_names() and self.filter.lower().endswith(".png")
        return load_filter(Path(self.filter)) if own else get_filter(self.filter)
