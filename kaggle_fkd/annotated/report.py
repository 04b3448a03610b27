"""The report of a run on photographs: its sections, in order."""

import pandas as pd

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.evaluation.nme_report import error_curve, nme_by_region
from kaggle_fkd.metrics import FAILURE, nme
from kaggle_fkd.report.all_runs import runs_section
from kaggle_fkd.report.errors import error_section, worst_section
from kaggle_fkd.report.label_fixes import fix_sections
from kaggle_fkd.report.plots import plot
from kaggle_fkd.report.section import Absent, Block, Cell, Section, Table, Text, number
from kaggle_fkd.report.settings import settings_section
from kaggle_fkd.report.sources import Evaluation, ReportSources, read_evaluation
from kaggle_fkd.report.summary import summary_section
from kaggle_fkd.report.training import training_section
from kaggle_fkd.system.text import in_words

COLUMNS = ("region", "faces", "mean", "median", "failure_rate", "area_under_curve")
"""What nme.csv has."""


def photograph_sections(sources: ReportSources, faces: FaceDataset) -> list[Section]:
    """From the training on these faces to the settings; raises FkdError for a damaged file."""
    evaluation = read_evaluation(sources, faces)
    sections = [
        summary_section(sources, "training faces", len(faces)),
        training_section(sources),
        _nme_section(sources, evaluation),
    ]
    if evaluation is not None:
        sections += [error_section(evaluation), worst_section(evaluation)]
        sections += fix_sections(evaluation)
    return [*sections, runs_section(sources), settings_section(sources)]


def _nme_section(sources: ReportSources, evaluation: Evaluation | None) -> Section:
    table = evaluation.table("nme.csv", COLUMNS) if evaluation else None
    if evaluation is None or table is None:
        what = "the NME by region, out of fold, maps of the errors and the worst faces"
        blocks: tuple[Block, ...] = (Absent(what, sources.command("evaluate")),)
    else:
        blocks = _nme(evaluation, table)
    return Section("scores", "Normalised mean error", blocks)


def _nme(evaluation: Evaluation, table: pd.DataFrame) -> tuple[Block, ...]:
    faces, predicted = evaluation.faces, evaluation.predicted[..., :2]
    errors = nme(predicted, faces.keypoints, faces.scheme).mean(axis=1)
    rows = tuple(
        (
            Cell(in_words(row["region"])), number(100 * row["mean"], 2),
            number(100 * row["median"], 2), number(100 * row["failure_rate"], 1),
            number(row["area_under_curve"], 3),
        )
        for row in table.to_dict("records")
    )  # fmt: skip
    columns = (
        "region", "mean NME (%)", "median NME (%)", f"faces above {100 * FAILURE:.0f} % (%)",
        "area under the error curve",
    )  # fmt: skip
    return (
        Text(
            "NME is the mean distance from the labels, divided by the distance between the outer "
            "eye corners. Each face was predicted by a network that had not seen it."
        ),
        plot(
            "nme-by-region", nme_by_region(table, faces), "Out-of-fold NME by region of the face",
            "Regions have the colours in which figures draw their keypoints.",
        ),
        plot(
            "error-curve", error_curve({f"{len(errors)} faces": errors}, "Out-of-fold error curve"),
            "Cumulative distribution of the NME",
            "The area under the curve is 1 where every face has an NME of 0.",
        ),
        Table("Out-of-fold NME", columns, rows),
    )  # fmt: skip
