"""The label fixes in a report."""

from pathlib import Path

import pytest
from support.made_up_faces import varied_faces, with_noise_and_errors

from kaggle_fkd.report.label_fixes import fix_sections
from kaggle_fkd.report.section import Table, Text
from kaggle_fkd.report.sources import Evaluation

COMPARED = {
    "run": "RUN_B",
    "all_faces": {"faces": 9, "change": -0.0125, "low": -0.03, "high": 0.004},
    "unchanged_faces": {"faces": 0, "change": None, "low": None, "high": None},
}
LABELS = {
    "all": {"labels": 100, "rmse_as_published": 1.5, "rmse_as_fixed": 1.25},
    "dropped": {"labels": 2, "rmse_as_published": 9.0, "rmse_as_fixed": None},
}


def sections_of(record):
    faces = varied_faces(4)
    return fix_sections(Evaluation(Path("none"), record, with_noise_and_errors(faces), faces))


@pytest.mark.parametrize("record", [{}, {"label_fixes": {}}])
def test_without_fixes_there_is_no_section(record):
    assert sections_of(record) == []


def test_errors_are_beside_each_other_and_missing_ones_are_empty():
    effects = {"RUN_A": {"labels": LABELS, "compared": COMPARED}}
    (section,) = sections_of({"label_fixes": effects})
    labels, compared = (block for block in section.blocks if isinstance(block, Table))
    texts = [[cell.text for cell in row] for row in (*labels.rows, *compared.rows)]
    assert texts == [
        ["all", "100", "1.500", "1.250"],
        ["dropped", "2", "9.000", ""],
        ["all", "9", "-0.013", "-0.030", "0.004"],
        ["labels unchanged", "0", "", "", ""],
    ]
    assert any("RUN_B" in block.text for block in section.blocks if isinstance(block, Text))


def test_without_another_run_there_is_no_comparison():
    effects = {"RUN_A": {"labels": LABELS, "compared": None}}
    (section,) = sections_of({"label_fixes": effects})
    assert sum(isinstance(block, Table) for block in section.blocks) == 1
