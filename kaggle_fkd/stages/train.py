"""train: the members of a run, each a network on all training faces but one fold."""

from collections.abc import Sequence
from pathlib import Path

from kaggle_fkd.config import Config
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError, RunError, UsageError
from kaggle_fkd.evaluation.audit import apply_audit
from kaggle_fkd.networks import build_network
from kaggle_fkd.networks.network import NetworkShape
from kaggle_fkd.runs.run import Run, find_run, runs_in, start_run
from kaggle_fkd.stages.context import Context
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import write_text
from kaggle_fkd.training.labels import trainable
from kaggle_fkd.training.members import train_members


def run(context: Context) -> None:
    """Train, or resume, or find the run of the same settings and data; it is `context.run`."""
    run, count = run_to_train(context), context.config.train.members
    if context.request.resume and not context.request.has_settings:
        count = max(run.config.train.members, run.members_started)
    if run.has_members(count):
        log.info("skipped, as data and settings are unchanged: %s", run.folder)
    else:
        train_run(context, run, count)
    context.run = run


def train_run(context: Context, run: Run, count: int) -> None:
    """Train the run's first `count` members on the faces of this call, but for finished ones."""
    faces = context.faces
    treated = _audited(faces, run.config, run.audit_file)
    train_members(run, faces, count, context.device, treated)


def run_to_train(context: Context) -> Run:
    """The run to resume or to leave as it is, or a new one."""
    request = context.request
    if request.resume:
        return _named(context, request.resume)
    audit_file = Path(context.config.train.audit)
    faces = _audited(context.faces, context.config, audit_file)
    digest = _digest(context, faces)
    runs = runs_in(request.runs_dir)
    same = [run for run in runs if run.matches(context.config, digest)]
    count = context.config.train.members
    # A finished run with fewer members than are wanted now is trained further, not anew.
    finished = [run for run in same if run.finished or run.has_members(count)]
    unfinished = [run for run in same if run not in finished]
    if request.resume is not None:
        if unfinished:
            return unfinished[0]
        _name_others(context, runs)
    if finished and not request.force:
        return max(finished, key=lambda run: len(run.members))
    if unfinished:
        log.info("%s has the same settings and is unfinished: --resume", unfinished[0].name)
    trainable(faces, context.config.train)  # raises for an unknown convention
    # Raises where the faces are too small for it.
    build_network(context.config.train.model, NetworkShape.of(faces, context.config))
    run = start_run(
        request.runs_dir,
        context.config,
        {"data_hash": digest, "sample_faces": context.is_sample},
        faces,
        context.device,
    )
    if context.config.train.audit:  # the next evaluation may write another one in its place
        write_text(run.audit_file, audit_file.read_text(encoding="utf-8"))
    return run


def _name_others(context: Context, runs: Sequence[Run]) -> None:
    """Warn when --resume finds nothing to resume, but a run of other settings is unfinished."""
    others = [run for run in runs if not run.finished and same_faces(context, run)]
    if others:
        log.warning(
            "--resume: no unfinished run of these settings, but %s is one of others: --resume %s",
            others[0].name, others[0].name,
        )  # fmt: skip


def _named(context: Context, name: str) -> Run:
    """The run that --resume names, which must be of these data and not of other settings."""
    request = context.request
    run = require_same_faces(context, find_run(request.runs_dir, name))
    if request.has_settings and not run.config.same_training_as(context.config):
        raise UsageError(
            f"--resume {name}: its settings differ from the ones given here",
            "leave out the options of the training; a run keeps its settings",
        )
    return run


def require_same_faces(context: Context, run: Run) -> Run:
    """The run itself; RunError when it was trained on other faces or labels than these."""
    if not same_faces(context, run):
        raise RunError(
            f"{run.folder}: it was trained on other faces than these",
            "name the data it was started with: --data-dir, or --faces and chips.size",
        )
    return run


def same_faces(context: Context, run: Run) -> bool:
    """True when the run was trained on the faces and labels of this call."""
    try:
        faces = _audited(context.faces, run.config, run.audit_file)
    except DataError:  # its audit is of other faces
        return False
    return bool(run.record["data_hash"] == _digest(context, faces))


def _digest(context: Context, faces: FaceDataset) -> str:
    """The faces' digest; that of untreated ones is made once a call, not once a run."""
    return context.faces_digest if faces is context.faces else faces.digest()


def _audited(faces: FaceDataset, config: Config, audit_file: Path) -> FaceDataset:
    """The faces with the labels that the audit suspects treated as the settings say."""
    if not config.train.audit:
        return faces
    return apply_audit(audit_file, faces, config.train.suspects)
