"""The submissions in a report: what was sent to Kaggle, and how it was scored."""

import math
from collections.abc import Sequence
from pathlib import Path, PurePath

from kaggle_fkd.competition.kaggle.submission_log import LOG, logged_submissions
from kaggle_fkd.competition.published import PUBLISHED
from kaggle_fkd.report.section import (
    Absent,
    Block,
    Cell,
    Fold,
    KeyFigure,
    Section,
    Table,
    Text,
    number,
)
from kaggle_fkd.report.sources import ReportSources

COLUMNS = (
    "file", "sent (UTC)", "run", "description", "status", "private RMSE", "public RMSE",
)  # fmt: skip
Sent = Sequence[dict[str, str]]
"""The rows of the log."""


def sent_submissions(submissions_dir: Path) -> Sent:
    """The submissions in the log, the newest first; raises FkdError if it cannot be read."""
    return logged_submissions(submissions_dir / LOG)[::-1]


def best_score(sent: Sent, run: str) -> list[KeyFigure]:
    """The best score on Kaggle of the run's own submissions; nothing if there is none."""
    scores = [
        (private, _score(row, "public").value or math.nan)
        for row in sent
        if row.get("run") == run and (private := _score(row, "private").value)
    ]
    if not scores:
        return []
    private, public = min(scores)
    note = "" if math.isnan(public) else f"public {public:.3f} px"
    return [KeyFigure("Kaggle, private", f"{private:.3f} px", note)]


def submission_section(sources: ReportSources, sent: Sent) -> Section:
    """A row for each submission that was sent, those of this run highlighted; published scores."""
    if sent:
        own = {_file(row) for row in sent if row.get("run") == sources.run.name}
        rows = tuple(map(_row, sent))
        table = Table("Submissions, the newest first", COLUMNS, rows, frozenset(own), sortable=True)
        blocks: list[Block] = [table]
    elif sources.run.sample_faces:
        blocks = [Text("Predictions of sample faces are never sent to Kaggle.")]
    else:
        command = f"{sources.command('submit')} --yes"
        blocks = [Absent("Kaggle's scores of a submission", command)]
    return Section("submissions", "Submissions", (*blocks, _published()))


def _row(row: dict[str, str]) -> tuple[Cell, ...]:
    minute = row.get("time", "").replace("T", " ")[: len("2026-11-26 12:00")]
    texts = (minute, *(row.get(name, "") for name in ("run", "message", "status")))
    scores = (_score(row, half) for half in ("private", "public"))
    return (Cell(_file(row)), *map(Cell, texts), *scores)


def _file(row: dict[str, str]) -> str:
    """The name of the file, without the folders of the machine that it was sent from."""
    return PurePath(row.get("file", "")).name


def _score(row: dict[str, str], half: str) -> Cell:
    """The score in one half of the test faces; empty where Kaggle has given none."""
    text = row.get(half, "")
    try:
        return number(float(text), 5)
    except ValueError:  # empty, or what a person wrote there
        return Cell(text)


def _published() -> Fold:
    rows = tuple(
        (Cell(row["solution"]), number(row["private_rmse"], 3), number(row["public_rmse"], 3))
        for row in PUBLISHED.to_dict("records")
    )
    columns = ("solution", "private RMSE (px)", "public RMSE (px)")
    return Fold(
        "Scores that others have published",
        (
            Text(
                "Of Kaggle's test faces. Scores of the training faces, validation and out-of-fold, "
                "do not compare with them."
            ),
            Table("Published scores on Kaggle", columns, rows),
        ),
    )
