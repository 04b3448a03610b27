"""The settings of a run in a report, and the versions, machine and command that made it."""

import shlex
from pathlib import PurePath

from kaggle_fkd.config import Config, all_settings, setting_text
from kaggle_fkd.report.section import Block, Cell, Fold, Section, Table, Text
from kaggle_fkd.report.sources import ReportSources
from kaggle_fkd.runs.run import Run

PROGRAMS = ("kaggle-fkd", "run_pipeline.py", "__main__.py")
"""The names under which this program is called."""


def settings_section(sources: ReportSources) -> Section:
    """The settings that differ from the defaults, all of them on demand, and the versions."""
    rows = _settings(sources.run.config)
    different = tuple(row for row in rows if row[1].text != row[2].text)
    columns = ("setting", "value", "default", "meaning")
    blocks: tuple[Block, ...] = (
        Table("Settings that differ from the defaults", columns, different)
        if different
        else Text("All settings are the defaults."),
        Fold("All settings of the training", (Table("All settings", columns, rows),)),
        Table("What made the run", ("part", "version"), _versions(sources.run)),
    )
    return Section("settings", "Settings and versions", blocks)


def _settings(config: Config) -> tuple[tuple[Cell, ...], ...]:
    """(setting, value, default, meaning) of every setting of the training."""
    values = config.training_settings()
    rows = []
    for key, default, meaning in all_settings():
        section, name = key.split(".")
        if section in values:
            rows.append(
                tuple(
                    map(
                        Cell,
                        (key, setting_text(values[section][name]), setting_text(default), meaning),
                    )
                )
            )
    return tuple(rows)


def _versions(run: Run) -> tuple[tuple[Cell, Cell], ...]:
    """The provenance of the run."""
    record = run.record
    packages = record.get("packages") or {}
    rows = [
        ("kaggle_fkd", f"{record['version']}, commit {record.get('commit') or 'unknown'}"),
        ("Python", record.get("python")),
        *packages.items(),
        ("platform", record.get("platform")),
        ("device", record.get("device")),
        ("started", record["written"]),
        ("command", _command(record.get("command") or [""])),
    ]
    return tuple((Cell(name), Cell(str(value))) for name, value in rows if value)


def _command(words: list[str]) -> str:
    """The command line, without the program's folder; nothing for another program.

    That of a notebook, say, tells only where its files are.
    """
    program = PurePath(words[0]).name
    return shlex.join([program, *words[1:]]) if program.startswith(PROGRAMS) else ""
