"""The section of a report on the training: what a network's files do not say is left empty."""

import json
from shutil import copytree

from kaggle_fkd.report.section import Table
from kaggle_fkd.report.sources import ReportSources
from kaggle_fkd.report.training import training_section
from kaggle_fkd.runs.run import open_run


def test_what_a_summary_does_not_say_is_an_empty_cell(crossed_run, tmp_path):
    run = open_run(copytree(crossed_run.folder, tmp_path / crossed_run.folder.name))
    file = run.member(1).summary_file
    known = json.loads(file.read_text())
    lost = ("training_faces", "validation_faces", "seconds", "precision")
    file.write_text(json.dumps({key: value for key, value in known.items() if key not in lost}))
    run.member(1).metrics_file.unlink()
    sources = ReportSources(run, tmp_path, tmp_path, str)
    text, *_ = training_section(sources).blocks
    assert "in an unknown precision" in text.text and "None" not in text.text
    (table,) = [each for each in training_section(sources).blocks if isinstance(each, Table)]
    complete, other = ([cell.text for cell in row] for row in table.rows[:2])
    assert all(complete) and [text == "" for text in other] == [
        column in ("faces trained on", "validated on", "minutes") for column in table.columns
    ]
