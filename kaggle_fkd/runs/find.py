"""Finding runs: by name, by data and by validation score."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from kaggle_fkd.errors import RunError, suggest
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.runs.run import Run, open_run
from kaggle_fkd.system.console import log

MAX_JOINED_RUNS = 3
"""File names list at most so many runs: of more, the first and the number of the others."""


def runs_in(runs_dir: Path) -> list[Run]:
    """All runs, the newest first: by when their last member finished, or they were started.

    A damaged one, or one without its record, is passed over with a warning.
    """
    runs = []
    files = (*runs_dir.glob("*/run.json"), *runs_dir.glob("*/member-*"))
    for folder in dict.fromkeys(file.parent for file in files):
        try:
            runs.append(open_run(folder))
        except RunError as error:
            log.warning("passed over: %s", error.problem)
    return sorted(runs, key=_last_change, reverse=True)


def find_run(runs_dir: Path, name: str) -> Run:
    """The run of that name in `runs_dir`, or at that path; RunError when there is none."""
    for folder in (runs_dir / name, Path(name)):
        if (folder / "run.json").is_file():
            return open_run(folder)
    known = [run.name for run in runs_in(runs_dir)]
    remedy = suggest(name, known) if known else "train one first"
    raise RunError(f"there is no run {name} in {runs_dir}", remedy)


def named_runs(runs_dir: Path, names: Sequence[str]) -> list[Run]:
    """The runs of these names, each once; RunError for one that does not exist."""
    runs = [find_run(runs_dir, name) for name in names]
    return list({run.folder.resolve(): run for run in runs}.values())


def runs_to_average(runs_dir: Path, names: Sequence[str]) -> list[Run]:
    """As `named_runs`; RunError also for two runs of one name, by which weights are recorded."""
    by_name: dict[str, Run] = {}
    for run in named_runs(runs_dir, names):
        if (other := by_name.setdefault(run.name, run)) is not run:
            raise RunError(
                f"{other.folder} and {run.folder}: runs of one name cannot be averaged, because "
                "their weights are recorded by name",
                "rename one of these folders",
            )
    return list(by_name.values())


def newest_trained(runs_dir: Path, scheme: KeypointScheme | None = None) -> Run:
    """The run, of that scheme or of any, whose member finished last; RunError without one."""
    for run in runs_in(runs_dir):
        if run.members and scheme in (None, run.scheme):
            return run
    raise RunError(f"{runs_dir}: there is no trained run", "train one first: the train stage")


def best_comparable_run(run: Run, runs_dir: Path) -> Run:
    """The run with the lowest validation score of those whose members held out the same folds.

    Those are runs on the same faces, split in the same way; the first `run` itself wins a tie.
    """
    wanted = _split(run)
    comparable = (other for other in runs_in(runs_dir) if _split(other) == wanted)
    return min((run, *comparable), key=validation_score)


def validation_score(run: Run) -> float:
    """The mean validation score of the run's finished members; infinite without any."""
    scores = [float(member.validation["all"]) for member in run.members]
    return sum(scores) / len(scores) if scores else float("inf")


def _split(run: Run) -> tuple[object, ...]:
    """What the faces are that the run's members held out."""
    config = run.config.train
    folds = tuple(member.fold for member in run.members)
    return run.record["data_hash"], config.folds, config.seed, config.only_convention, folds


def joined_name(runs: Sequence[Run]) -> str:
    """The name of files made of several runs; short enough for every file system."""
    names = "+".join(run.name for run in runs)
    if len(runs) > MAX_JOINED_RUNS:
        digest = hashlib.sha256(names.encode()).hexdigest()[:6]
        return f"{runs[0].name}+{len(runs) - 1}-more-{digest}"
    return names


def evaluation_folder(runs_dir: Path, runs: Sequence[Run]) -> Path:
    """Where the evaluation of these runs, averaged, is written."""
    return runs_dir / f"evaluation-{joined_name(runs)}"


def _last_change(run: Run) -> str:
    finished = [str(member.summary.get("finished", "")) for member in run.members]
    return max([str(run.record["written"]), *finished])
