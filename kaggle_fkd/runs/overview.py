"""An overview of all runs: what they are, how good they are, how long they took."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from kaggle_fkd.config import Config, setting_text
from kaggle_fkd.runs.evaluation_receipt import is_evaluation_of
from kaggle_fkd.runs.find import evaluation_folder, runs_in, validation_score
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.files import read_json_or_empty


@dataclass(frozen=True)
class Score:
    """A score of a run."""

    value: float
    """By which runs are ranked."""
    text: str
    """The value with its unit, and what it is unless that is RMSE."""


@dataclass(frozen=True)
class RunSummary:
    """One run in the overview."""

    name: str
    """The run's name."""
    scheme: str
    """The name of its scheme of keypoints."""
    networks: str
    """How many of its networks are trained, such as "1 of 10"."""
    validation: Score | None
    """The mean score of its networks in validation; None before one is trained."""
    out_of_fold: Score | None
    """RMSE, NME, or the share of the faces found; None before an evaluation."""
    seconds: float
    """The time that the training of its networks took."""
    data: str
    """The beginning of its data's sha256, or that they are sample faces."""
    settings: str
    """Its settings that are not the defaults, as `section.name=value`, in a line."""


def overview(runs_dir: Path) -> str:
    """A table with one line per run, the newest first; a sentence when there is no run."""
    rows = [_texts(each) for each in summarise_runs(runs_dir)]
    if not rows:
        return f"there is no run in {runs_dir}"
    return pd.DataFrame(rows).to_string(index=False)


def summarise_runs(runs_dir: Path) -> list[RunSummary]:
    """All runs, the newest first."""
    return [summarise_run(run, runs_dir) for run in runs_in(runs_dir)]


def summarise_run(run: Run, runs_dir: Path) -> RunSummary:
    """One run, whose evaluation is in `runs_dir` if there is one."""
    members, validation = run.members, validation_score(run)
    return RunSummary(
        name=run.name,
        scheme=run.scheme.name,
        networks=f"{len(members)} of {run.wanted_members}",
        validation=Score(validation, members[0].metric.text(validation)) if members else None,
        out_of_fold=_out_of_fold(run, evaluation_folder(runs_dir, [run])),
        seconds=sum(member.summary.get("seconds", 0) for member in members),
        data="sample faces" if run.sample_faces else run.record["data_hash"][:8],
        settings=", ".join(different_settings(run.config)) or "the defaults",
    )


def different_settings(config: Config) -> list[str]:
    """`section.name=value` of the training's settings that are not the defaults."""
    default = Config().training_settings()
    return [
        f"{section}.{name}={setting_text(value)}"
        for section, values in config.training_settings().items()
        for name, value in values.items()
        if value != default[section][name]
    ]


def _texts(row: RunSummary) -> dict[str, str]:
    return {
        "run": row.name,
        "scheme": row.scheme,
        "networks": row.networks,
        "validation": row.validation.text if row.validation else "",
        "out of fold": row.out_of_fold.text if row.out_of_fold else "",
        "minutes": f"{row.seconds / 60:.1f}",
        "data": row.data,
        "settings": row.settings,
    }


def _out_of_fold(run: Run, folder: Path) -> Score | None:
    """The score in the folder's evaluation.json; None if it is damaged or of other networks."""
    if not is_evaluation_of(folder, [run]):
        return None
    evaluation = read_json_or_empty(folder / "evaluation.json")
    try:
        if "oof_rmse" in evaluation:
            value = evaluation["oof_rmse"]["all"]["rmse"]
            return Score(value, f"{value:.3f} px")
        if "found" in evaluation:
            return Score(evaluation["found"], f"{evaluation['found']:.1%} found")
        if "nme" in evaluation:
            value = evaluation["nme"][0]["mean"]
            return Score(value, f"NME {value:.2%}")
    except (KeyError, TypeError, ValueError, IndexError):
        pass
    return None
