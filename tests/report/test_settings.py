"""The settings and versions in a report."""

import json
from pathlib import Path

from support.small_runs import new_run, quick

from kaggle_fkd.report.section import Fold, Table
from kaggle_fkd.report.settings import settings_section
from kaggle_fkd.report.sources import ReportSources
from kaggle_fkd.runs.run import open_run


def section_of(folder: Path, command: list[str]) -> tuple[Table, Fold, Table]:
    """The blocks for a run that was started by that command."""
    run = new_run(folder, quick(mirror_heads=False))
    record = {**run.record, "command": command}
    (run.folder / "run.json").write_text(json.dumps(record))
    sources = ReportSources(open_run(run.folder), folder, folder, str)
    return settings_section(sources).blocks


def texts(table: Table) -> dict[str, str]:
    """The second cell of each row by the first."""
    return {row[0].text: row[1].text for row in table.rows}


def test_what_differs_from_the_defaults_comes_first_and_all_settings_on_demand(tmp_path):
    different, fold, versions = section_of(tmp_path, ["kaggle-fkd", "train"])
    assert texts(different) == {
        "train.model": "lenet", "train.epochs": "4", "train.batch_size": "32",
        "train.mirror_heads": "false",
    }  # fmt: skip
    (everything,) = fold.blocks
    assert texts(everything).items() > texts(different).items()
    assert len(everything.rows) > 30 and all(row[3].text for row in everything.rows)
    assert {"Python", "torch", "device", "started"} <= texts(versions).keys()


def test_a_command_is_shown_as_it_was_given_but_not_where_programs_are(tmp_path):
    installed = ["/home/me/.venv/bin/kaggle-fkd", "train", "--data-dir", "my data"]
    shown = texts(section_of(tmp_path, installed)[2])["command"]
    assert shown == "kaggle-fkd train --data-dir 'my data'"
    notebook = ["/opt/ipykernel_launcher.py", "-f", "/home/me/.local/kernel.json"]
    assert "command" not in texts(section_of(tmp_path, notebook)[2])
