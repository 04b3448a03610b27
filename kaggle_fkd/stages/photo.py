"""photo: finds the keypoints of faces in pictures and videos, and draws or writes them."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.errors import UsageError
from kaggle_fkd.photo.overlay.builtin import filter_names
from kaggle_fkd.stages.options import option
from kaggle_fkd.stages.pictures import PictureStage
from kaggle_fkd.stages.stage import Made

if TYPE_CHECKING:
    from kaggle_fkd.photo.overlay.filter import Filter
    from kaggle_fkd.task import Task

LEAST_WIDTH, LARGEST_WIDTH = 0.1, 5.0
"""The range of --line-width."""


@dataclass(frozen=True, kw_only=True)
class Photo(PictureStage):
    """Keypoints, or a filter, drawn on the faces of pictures and videos; JSON, CSV, COCO, .pts."""

    summary: ClassVar[str] = "keypoints or a filter on pictures and videos; JSON, CSV, COCO, .pts"
    needs: ClassVar[tuple[str, ...]] = ()
    examples: ClassVar[tuple[str, ...]] = (
        "photo family.jpg holiday/ clip.mp4",
        "photo astronaut --filter sunglasses",
        "photo family.jpg --json > faces.json",
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

    def check(self, task: "Task | None") -> None:
        """Refuse missing inputs, several runs, or an unknown filter."""
        super().check(task)
        if not LEAST_WIDTH <= self.line_width <= LARGEST_WIDTH:  # also rejects NaN
            raise UsageError(
                f"--line-width {self.line_width:g} is out of range",
                f"give a factor from {LEAST_WIDTH:g} to {LARGEST_WIDTH:g}",
            )
        self._worn()

    def run(self, task: "Task | None", made: Made) -> Made:
        """Annotate every input; those that fail are reported, and the rest still processed."""
        from kaggle_fkd.photo.annotator import Annotator
        from kaggle_fkd.photo.coco import COCO_FILE, write_coco
        from kaggle_fkd.photo.inputs import process_inputs

        find = self.finder(made)
        annotator = Annotator(
            find, self.output or self.runs_dir / "photo",
            worn=self._worn(),
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

    def _worn(self) -> "Filter | None":
        """The filter of that name, or in that PNG; raises UsageError or PictureError."""
        from kaggle_fkd.photo.overlay.filter import get_filter, load_filter

        if self.filter is None:
            return None
        own = self.filter not in filter_names() and self.filter.lower().endswith(".png")
        return load_filter(Path(self.filter)) if own else get_filter(self.filter)
