"""train: a network on the training faces, in a run directory of its own."""

from kaggle_fkd.command.context import Context
from kaggle_fkd.errors import RunError, UsageError
from kaggle_fkd.networks.core.network import NetworkShape
from kaggle_fkd.system.console import log
from kaggle_fkd.training.labels import head_count, treat_labels
from kaggle_fkd.training.loop import Training
from kaggle_fkd.training.run import Run, find_run, runs_in, start_run
from kaggle_fkd.training.split import assign_folds

HELD_OUT = 0
"""The fold that validates; the others train."""


def run(context: Context) -> None:
    """Train, or resume, or find the run of the same settings and data; it is `context.run`."""
    faces, run = context.competition.train, _run_to_use(context)
    if run.finished:
        log.info("skipped, as data and settings are unchanged: %s", run.folder)
    else:
        settings = run.config.train
        held_out = assign_folds(faces, settings.folds, settings.seed) == HELD_OUT
        train = treat_labels(faces[~held_out], settings.labels)
        log.info(
            "%s: %d faces to train on, %d to validate, on %s",
            run.folder, len(train), held_out.sum(), run.record["device"],
        )  # fmt: skip
        try:
            summary = Training(run, train, faces[held_out], context.device).fit()
        except KeyboardInterrupt:
            log.warning(
                "interrupted: the same command with --resume (or --resume %s) goes on", run.name
            )
            raise
        scores = ", ".join(f"{k} {v:.3f}" for k, v in summary["validation_rmse"].items())
        log.info("validation RMSE in pixels: %s (epoch %d)", scores, summary["best_epoch"])
    context.run = run


def _run_to_use(context: Context) -> Run:
    """The run to resume or to leave as it is, or a new one."""
    request, competition = context.request, context.competition
    if request.resume:
        return _named(context, request.resume)
    same = [
        run
        for run in runs_in(request.runs_dir)
        if run.is_of(context.config, competition.train_digest)
    ]
    unfinished = [run for run in same if not run.finished]
    if request.resume is not None and unfinished:
        return unfinished[0]
    finished = [run for run in same if run.finished]
    if finished and not request.force:
        return finished[0]
    if unfinished and request.resume is None:
        log.info("%s has the same settings and is unfinished: --resume", unfinished[0].name)
    scheme, (height, width) = competition.train.scheme, competition.train.size
    heads = head_count(scheme, context.config.train.labels)
    return start_run(
        request.runs_dir,
        context.config,
        {"data_hash": competition.train_digest, "sample_faces": competition.is_sample},
        scheme,
        NetworkShape(height, width, len(scheme.names), heads),
        context.device,
    )


def _named(context: Context, name: str) -> Run:
    """The run that --resume names, which must be of these data and not of other settings."""
    request = context.request
    run = find_run(request.runs_dir, name)
    if run.record["data_hash"] != context.competition.train_digest:
        raise RunError(
            f"{run.folder}: it was trained on other faces than those in {context.data_dir}",
            "name the data it was started with: --data-dir",
        )
    asked = request.preset is not None or request.settings
    if asked and context.config.of_training() != run.config.of_training():
        raise UsageError(
            f"--resume {name}: its settings differ from the ones given here",
            "leave out the options of the training; a run keeps its settings",
        )
    return run
