"""Label fixes in a report: what a person decided, and what it changed out of fold."""

import math
from collections.abc import Mapping
from typing import Any

from kaggle_fkd.report.section import Block, Cell, Section, Table, Text, count, number
from kaggle_fkd.report.sources import Evaluation

PARTS = {"all_faces": "all", "unchanged_faces": "labels unchanged"}
"""The faces on which a run without fixes is compared, by their keys in evaluation.json."""


def fix_sections(evaluation: Evaluation) -> list[Section]:
    """The label fixes of the evaluated run in a section; none without fixes."""
    effects = evaluation.record.get("label_fixes", {})
    blocks = [block for effect in effects.values() for block in _blocks(effect)]
    return [Section("label-fixes", "Label fixes", tuple(blocks))] if blocks else []


def _blocks(effect: Mapping[str, Any]) -> list[Block]:
    rows = tuple(
        (
            Cell(name), count(part["labels"]),
            _number(part["rmse_as_published"]), _number(part["rmse_as_fixed"]),
        )
        for name, part in effect["labels"].items()
    )  # fmt: skip
    blocks: list[Block] = [
        Text(
            "The networks learnt labels as a person has fixed them. All other sections score them "
            "on the labels as published, so that runs compare. A label that was moved to where a "
            "network saw it is close to what other networks predict; whether fixes help shows in "
            "a comparison with a run without them."
        ),
        Table(
            "Out-of-fold errors of the labels, by what was decided",
            ("labels", "number", "RMSE as published (px)", "RMSE as fixed (px)"), rows,
        ),
    ]  # fmt: skip
    if (compared := effect["compared"]) is not None:
        changes = tuple(
            (
                Cell(name), count(compared[key]["faces"]),
                *(_number(compared[key][column]) for column in ("change", "low", "high")),
            )
            for key, name in PARTS.items()
        )  # fmt: skip
        text = Text(
            f"{compared['run']} has the same settings without fixes. Below are the differences "
            "from its out-of-fold RMSE on the labels as published, and their 95 % intervals over "
            "faces. Another seed (train.seed) changes the RMSE, too, which no interval covers."
        )
        columns = ("faces", "number", "change (px)", "from", "to")
        blocks += [text, Table("Differences from the run without fixes", columns, changes)]
    return blocks


def _number(value: float | None) -> Cell:
    """A cell with an error in pixels; an empty one for None."""
    return number(math.nan if value is None else value, 3)
