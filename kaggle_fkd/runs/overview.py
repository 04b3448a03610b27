"""An overview of all runs: what they are, how good they are, how long they took."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from kaggle_fkd.config import Config
from kaggle_fkd.runs.find import joined_name, runs_in, validation_score
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.files import read_json_or_empty


def overview(runs_dir: Path) -> str:
    """A table with one line per run, the newest first; a sentence when there is no run."""
    runs = runs_in(runs_dir)
    if not runs:
        return f"there is no run in {runs_dir}"
    return pd.DataFrame([_row(run, runs_dir) for run in runs]).to_string(index=False)


def _row(run: Run, runs_dir: Path) -> dict[str, str]:
    members, config = run.members, run.config
    evaluation = read_json_or_empty(runs_dir / f"evaluation-{joined_name([run])}/evaluation.json")
    seconds = sum(member.summary.get("seconds", 0) for member in members)
    return {
        "run": run.name,
        "scheme": run.scheme.name,
        "networks": f"{len(members)} of {run.wanted_members}",
        "validation": members[0].metric.text(validation_score(run)) if members else "",
        "out of fold": _out_of_fold(evaluation),
        "minutes": f"{seconds / 60:.1f}",
        "data": "sample faces" if run.sample_faces else run.record["data_hash"][:8],
        "settings": ", ".join(different_settings(config)) or "the defaults",
    }


def _out_of_fold(evaluation: Mapping[str, Any]) -> str:
    """The score of an evaluation: RMSE, NME, or the share of the faces found; or empty."""
    if "oof_rmse" in evaluation:
        return f"{evaluation['oof_rmse']['all']['rmse']:.3f} px"
    if "found" in evaluation:
        return f"{evaluation['found']:.1%} found"
    return f"NME {evaluation['nme'][0]['mean']:.2%}" if "nme" in evaluation else ""


def different_settings(config: Config) -> list[str]:
    """`section.name=value` of the training's settings that are not the defaults."""
    default = Config().training_settings()
    return [
        f"{section}.{name}={value}"
        for section, values in config.training_settings().items()
        for name, value in values.items()
        if value != default[section][name]
    ]
