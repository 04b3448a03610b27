"""Runs the stages that a request names, one after the other."""

import importlib
from collections.abc import Iterator
from pathlib import Path

from kaggle_fkd.competition.submission import check_blend
from kaggle_fkd.config import DEFAULT_PRESET, build_config
from kaggle_fkd.errors import SubmissionError, UsageError
from kaggle_fkd.networks import check_network_name
from kaggle_fkd.runs.run import find_run
from kaggle_fkd.stages.context import Context
from kaggle_fkd.stages.request import Request
from kaggle_fkd.system.console import banner, interrupts_held, log

OF_PICTURES = {"photo", "inside"}
"""The stages that work on pictures from anywhere."""
TRAINING = {"train", "evaluate"}
"""The stages that train networks."""
READING_RUNS = {"evaluate", "predict"} | OF_PICTURES
"""The stages that use the runs which --run names."""
OF_68_POINTS = {"download"} | TRAINING | OF_PICTURES
"""The stages that work with 68 points; the others are the competition's."""


def run_pipeline(request: Request) -> Iterator[Path | str]:
    """Run the stages, giving what belongs on stdout as soon as it is there: the submission's path
    of predict and blend, the JSON of photo.

    Raises a kind of FkdError for whatever stops a stage.
    """
    context = Context(request)
    _check(context)
    try:
        for name in request.stages:
            log.info("== %s", name)
            with interrupts_held():
                stage = importlib.import_module(f"kaggle_fkd.stages.{name}")
            stage.run(context)
            if name in ("predict", "blend") and context.submission is not None:
                yield context.submission.resolve()
            if name == "photo" and context.document is not None:
                yield context.document
        if context.failure is not None:
            raise context.failure
    finally:
        if context.fell_back:
            banner(
                "These results are of SAMPLE FACES, not of the competition's data.",
                "The submission has the right form but must not be, and will not be, uploaded.",
            )


def _check(context: Context) -> None:
    """What can be known to be wrong before any work is done, as the stage itself would say it."""
    request = context.request
    config = build_config(request.preset or DEFAULT_PRESET, request.settings)
    check_network_name(config.train.model)
    stages = set(request.stages)
    if (TRAINING | READING_RUNS) & stages:
        context.device  # noqa: B018  # raises where there is no such device
    trains = TRAINING & stages
    if request.has_settings and (not trains or (trains == {"evaluate"} and request.runs)):
        raise UsageError(
            "settings of a training (--preset, --model, --epochs, ...), and nothing to train",
            "leave them out; a run keeps its own",
        )
    if request.runs and not READING_RUNS & stages:
        raise UsageError("--run: no stage here reads one", "to train one further: --resume RUN")
    if trains and request.resume:
        find_run(request.runs_dir, request.resume)
    runs = context.named_runs()
    for run in runs:
        if "evaluate" not in request.stages:  # which trains what is missing
            run.require_members()
    for name in sorted(OF_PICTURES & stages):
        if not request.inputs:
            raise UsageError(f"--stage {name}: no --input", "name pictures, folders, or astronaut")
        if len(runs) > 1:
            raise UsageError("--run: several runs", f"name one for --stage {name}")
    if request.faces and request.points != 68:
        raise UsageError("--faces: sets with 68 points", "add --points 68")
    if request.points == 68 and stages - OF_68_POINTS:
        names = ", ".join(sorted(stages - OF_68_POINTS))
        raise UsageError(f"--points 68: not for {names}", f"for {', '.join(sorted(OF_68_POINTS))}")
    if "blend" in stages:
        check_blend(request.blend, request.weights)
    elif request.blend or request.weights:
        raise UsageError("--blend, --weights: only for --stage blend", "name that stage, too")
    audit = config.train.audit
    if audit and not Path(audit).is_file():
        raise UsageError(f"train.audit={audit}: no such file", "name one of --stage evaluate")
    if "submit" in stages and request.submission and not request.submission.is_file():
        raise SubmissionError(f"{request.submission}: no such file", "name another: --submission")
