"""All runs in a report, in a table that can be sorted."""

from kaggle_fkd.report.section import Cell, Section, Table, Text, number
from kaggle_fkd.report.sources import ReportSources
from kaggle_fkd.runs.overview import Score, summarise_runs

COLUMNS = (
    "run", "keypoints", "networks", "validation", "out of fold", "minutes", "data", "settings",
)  # fmt: skip


def runs_section(sources: ReportSources) -> Section:
    """A row for each run, the newest first, this one highlighted."""
    rows = tuple(
        (
            Cell(run.name), Cell(run.scheme), Cell(run.networks), _score(run.validation),
            _score(run.out_of_fold), number(run.seconds / 60, 1), Cell(run.data),
            Cell(run.settings),
        )
        for run in summarise_runs(sources.runs_dir)
    )  # fmt: skip
    text = Text(
        "Scores are comparable between runs of the same data and folds. Settings are those that "
        "differ from the defaults."
    )
    table = Table(
        "All runs, the newest first", COLUMNS, rows, frozenset({sources.run.name}), sortable=True
    )
    return Section("runs", "All runs", (text, table))


def _score(score: Score | None) -> Cell:
    return Cell(score.text, score.value) if score else Cell("")
