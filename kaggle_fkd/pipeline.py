"""The stages in their order, and how they are run."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from kaggle_fkd.config import build_config
from kaggle_fkd.errors import UsageError
from kaggle_fkd.networks import network_names
from kaggle_fkd.stages import download, eda, predict, submit, train
from kaggle_fkd.stages.context import Context, Request
from kaggle_fkd.system.console import banner, log

STAGES: Mapping[str, Callable[[Context], None]] = {
    "download": download.run,
    "eda": eda.run,
    "train": train.run,
    "predict": predict.run,
    "submit": submit.run,
}
"""Every stage, in the order in which they run. Each one's module says what it takes and makes."""
ALL = ("download", "eda", "train", "predict")
"""What `--stage all` stands for."""
DEFAULT_PRESET = "cpu"


def run_pipeline(request: Request) -> Iterator[Path]:
    """Run the stages, giving the submission's path as soon as predict has written it.

    Raises a kind of FkdError for whatever stops a stage.
    """
    _check_settings(request)
    context = Context(request)
    for name in request.stages:
        log.info("== %s", name)
        STAGES[name](context)
        if name == "predict" and context.submission is not None:
            yield context.submission.resolve()
    if context.fell_back:
        banner(
            [
                "These results are of SAMPLE FACES, not of the competition's data.",
                "The submission has the right form but must not be, and will not be, uploaded.",
            ]
        )


def _check_settings(request: Request) -> None:
    """UsageError for impossible settings before any work is done."""
    config = build_config(request.preset or DEFAULT_PRESET, request.settings)
    if config.train.model not in network_names():
        raise UsageError(
            f"--model {config.train.model}: unknown", f"choose one of {', '.join(network_names())}"
        )
