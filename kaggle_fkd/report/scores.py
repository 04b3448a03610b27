"""RMSE by keypoint and convention in a report, out of fold or in validation."""

from statistics import fmean

import pandas as pd

from kaggle_fkd.evaluation.rmse_report import COMPARABLE
from kaggle_fkd.evaluation.scores import score_figure
from kaggle_fkd.report.plots import plot
from kaggle_fkd.report.section import Absent, Block, Cell, Fold, Section, Table, Text, count, number
from kaggle_fkd.report.sources import Evaluation, ReportSources
from kaggle_fkd.system.text import in_words

COLUMNS = (
    "convention", "keypoint", "coordinates", "rmse", "low", "high", "bias_x", "bias_y",
)  # fmt: skip
"""What scores.csv has."""


def score_section(sources: ReportSources, evaluation: Evaluation | None) -> Section:
    """The out-of-fold scores with intervals; without an evaluation, those of the validation."""
    scores = evaluation.table("scores.csv", COLUMNS) if evaluation else None
    if evaluation is None or scores is None:
        blocks: tuple[Block, ...] = (
            _validation(sources),
            Absent(
                "out-of-fold scores with intervals, maps of the errors, the worst faces and "
                "suspicious labels", sources.command("evaluate"),
            ),
        )  # fmt: skip
    else:
        blocks = _out_of_fold(scores, evaluation)
    return Section("scores", "Scores by keypoint", blocks)


def _out_of_fold(scores: pd.DataFrame, evaluation: Evaluation) -> tuple[Block, ...]:
    overall = evaluation.record["oof_rmse"]["all"]
    coordinates = scores["coordinates"].iloc[0]
    figure = score_figure(scores, "Out-of-fold RMSE by keypoint")
    rows = tuple(
        (
            Cell(in_words(row["keypoint"])), Cell(row["convention"]),
            count(row["coordinates"]), number(row["rmse"], 3), number(row["low"], 3),
            number(row["high"], 3), number(row["bias_x"], 2), number(row["bias_y"], 2),
        )
        for row in scores.to_dict("records")
    )  # fmt: skip
    columns = (
        "keypoint", "convention", "coordinates", "RMSE (px)", "from", "to",
        "prediction minus label, x", "y",
    )  # fmt: skip
    return (
        Text(
            f"Each face was predicted by a network that had not seen it: RMSE "
            f"{overall['rmse']:.3f} px over {coordinates} coordinates, with a 95 % "
            f"interval from {overall['low']:.3f} to {overall['high']:.3f} px. "
            f"{COMPARABLE}"
        ),
        plot(
            "scores-by-keypoint", figure, "Out-of-fold RMSE by keypoint and convention",
            "RMSE of each keypoint with its 95 % bootstrap interval. Where intervals are wide, a "
            "few faces decide, often ones with wrong labels.",
        ),
        Fold("The numbers", (Table("Out-of-fold scores", columns, rows, sortable=True),)),
    )  # fmt: skip


def _validation(sources: ReportSources) -> Table:
    """Validation RMSE by keypoint: the mean over the networks that have one."""
    members = sources.run.members
    tables = [member.summary.get("validation_rmse_by_keypoint", {}) for member in members]
    conventions = [each for each in members[0].validation if each != "all"]
    names = list(sources.run.scheme.names)

    def mean(convention: str, name: str) -> Cell:
        known = [table[convention][name] for table in tables if name in table.get(convention, {})]
        return number(fmean(known) if known else float("nan"), 3)

    overall = tuple(
        number(fmean(member.validation.get(each, float("nan")) for member in members), 3)
        for each in conventions
    )
    rows = [(Cell("all"), *overall)]
    for name in names:
        row = tuple(mean(each, name) for each in conventions)
        if any(cell.text for cell in row):
            rows.append((Cell(in_words(name)), *row))
    columns = ("keypoint", *(f"convention {each}, RMSE (px)" for each in conventions))
    return Table("Validation scores", columns, tuple(rows), sortable=True)
