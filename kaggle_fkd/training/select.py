"""Which run to train: one to resume, one that is finished already, or a new one."""

from dataclasses import dataclass
from pathlib import Path

from kaggle_fkd import __version__
from kaggle_fkd.config import Config
from kaggle_fkd.errors import RunError, UsageError
from kaggle_fkd.networks import build_to_load
from kaggle_fkd.runs import NEWEST
from kaggle_fkd.runs.find import find_run, runs_in
from kaggle_fkd.runs.label_files import LabelFiles
from kaggle_fkd.runs.member import Member
from kaggle_fkd.runs.run import Run, start_run
from kaggle_fkd.system.console import log
from kaggle_fkd.system.process_group import current_group
from kaggle_fkd.training.data import TrainingData, same_data
from kaggle_fkd.training.start import load_trunk, store_weights, weights_to_start_from


@dataclass(frozen=True)
class TrainingRequest:
    """A request for a training."""

    runs_dir: Path
    """Where run directories are."""
    data: TrainingData
    """What to train on, with its labels as they are."""
    sample_faces: bool
    """True when its faces are generated sample faces."""
    config: Config
    """The settings."""
    settings_given: bool = True
    """False when they are just the defaults: a named run of these data is resumed all the same."""
    resume: str | None = None
    """The run to resume: by name or path, or `NEWEST`; None: start a new run unless one of the
    same settings is finished."""
    force: bool = False
    """Start a new run even then."""


def choose_run(wanted: TrainingRequest, device: str) -> Run:
    """The run to resume or to leave as it is, or a new one.

    `device` is what will train it, in words, for its record. Raises RunError for a run to resume
    that does not exist or is of other data, UsageError for one of other settings, or for settings
    that do not fit the data; no run directory is made then. Of the processes of torchrun, the first
    one chooses.
    """
    return current_group().decided_by_first(lambda: _choose(wanted, device))


def _choose(wanted: TrainingRequest, device: str) -> Run:
    if wanted.resume == NEWEST:
        if unfinished := _newest_unfinished(wanted):
            return unfinished
        log.info("there is no unfinished run to resume")
    elif wanted.resume is not None:
        return _named_run(wanted, wanted.resume)
    train, digest = wanted.config.train, _digest(wanted)
    same = [
        run
        for run in runs_in(wanted.runs_dir)
        if run.scheme == wanted.data.scheme and run.matches(wanted.config, digest)
    ]
    # A finished run with fewer members than are wanted now is trained further, not anew.
    finished = [run for run in same if run.finished or run.has_members(train.members)]
    if finished and not wanted.force:
        return max(finished, key=lambda run: len(run.members))
    for run in same:
        if run not in finished and wanted.resume is None:
            log.info("%s has the same settings and is unfinished: it can be resumed", run.name)
            break
    return _new_run(wanted, digest, device)


def require_same_data(run: Run, data: TrainingData) -> Run:
    """The run itself; RunError when it was trained on a different data set."""
    if run.scheme != data.scheme:
        raise RunError(
            f"{run.folder}: trained for the keypoints {run.scheme.name}, not {data.scheme.name}",
            "choose those keypoints (points), or another run",
        )
    if not same_data(run, data):
        raise RunError(
            f"{run.folder}: it was trained on a different data set",
            "use the data that it was started with, or another run",
        )
    return run


def _digest(wanted: TrainingRequest) -> str:
    """Of the wanted data, with the labels that the wanted training sees."""
    train = wanted.config.train
    return wanted.data.digest(train, LabelFiles.named_by(train))


def _named_run(wanted: TrainingRequest, name: str) -> Run:
    run = find_run(wanted.runs_dir, name)
    if run.config.same_training_as(wanted.config) or not wanted.settings_given:
        require_same_data(run, wanted.data)
    if wanted.settings_given and not run.matches(wanted.config, _digest(wanted)):
        version = run.record["version"]
        other_version = f"it was started by version {version}, and this is version {__version__}"
        reason = "its settings differ" if version == __version__ else other_version
        raise UsageError(
            f"the run {name} cannot be resumed with these settings: {reason}",
            "leave the settings out, as a run keeps its own",
        )
    return run


def _newest_unfinished(wanted: TrainingRequest) -> Run | None:
    """The newest unfinished run of these data and settings; a warning names one of others."""
    runs = [run for run in runs_in(wanted.runs_dir) if same_data(run, wanted.data)]
    unfinished = [run for run in runs if not run.finished]
    digest = _digest(wanted)
    fitting = [run for run in unfinished if run.matches(wanted.config, digest)]
    if not fitting and unfinished:
        log.warning(
            "no unfinished run has these settings; %s has others, and can be resumed by its name",
            unfinished[0].name,
        )
    return fitting[0] if fitting else None


def _new_run(wanted: TrainingRequest, digest: str, device: str) -> Run:
    """A new run directory, once it is clear that its members can be trained."""
    config, data = wanted.config, wanted.data
    shape = data.shape(config)
    network = build_to_load(config.train.model, shape)  # raises where the faces are too small
    start = None
    if config.train.start_from:
        start = weights_to_start_from(config.train.start_from, wanted.runs_dir, data)
        load_trunk(network, start, config.train)
    members = [Member(wanted.runs_dir, i, config, shape) for i in range(config.train.members)]
    files = LabelFiles.named_by(config.train)
    data.check(members, files)
    about = {"data_hash": digest, "sample_faces": wanted.sample_faces}

    def fill(folder: Path) -> None:
        files.copy_to(folder)
        if start is not None:
            store_weights(Member(folder, 0, config, shape), start)

    return start_run(wanted.runs_dir, config, about, data.scheme, shape, device, fill)
