"""What the user asked for, and what the stages of one call share."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch

from kaggle_fkd.config import Config, build_config
from kaggle_fkd.errors import NoDataError
from kaggle_fkd.sources.competition import Competition, load_competition
from kaggle_fkd.system.device import pick_device
from kaggle_fkd.training.run import Run

SAMPLE = "sample"
"""Name of the sample faces' folder in DATA_DIR, and first word of submissions made of them."""


@dataclass(frozen=True)
class Request:
    """What the user asked for, whatever the data turn out to be."""

    stages: tuple[str, ...]
    """Stages to run, in pipeline order."""
    may_use_sample: bool = False
    """With neither data nor credentials, go on with generated sample faces (`--stage all`)."""
    data_dir: Path = Path("data")
    """Where the competition's files are, or go."""
    runs_dir: Path = Path("runs")
    """Where run directories and analyses go."""
    submissions_dir: Path = Path("submissions")
    """Where submissions and their log go."""
    preset: str | None = None
    """None means smoke on sample faces and cpu otherwise."""
    settings: tuple[tuple[str, str], ...] = ()
    """(section.name, text) pairs, applied over the preset."""
    device: str = "auto"
    """auto, cpu, cuda or mps."""
    run: str | None = None
    """The run to predict with; None means the newest finished one."""
    submission: Path | None = None
    """The file to submit; None means the newest one."""
    message: str | None = None
    """The submission's description at Kaggle; None means the run's name."""
    yes: bool = False
    """Really submit."""
    resume: str | None = None
    """An unfinished run by name, or "" for the newest of the same settings; None: start anew."""
    force: bool = False
    """Run also the stages whose inputs have not changed."""


@dataclass
class Context:
    """A request, and what its stages have found and made so far."""

    request: Request
    run: Run | None = None
    """The run that the train stage finished, or found finished."""
    submission: Path | None = None
    """The file that the predict stage wrote, or found unchanged."""
    data_dir: Path = field(init=False)
    """The data folder in use: the request's, or the sample faces' one below it."""

    def __post_init__(self) -> None:
        self.data_dir = self.request.data_dir

    @property
    def fell_back(self) -> bool:
        """True when sample faces stand in for data that are not there."""
        return self.data_dir != self.request.data_dir

    @cached_property
    def competition(self) -> Competition:
        """The data, read and checked once a call; raises NoDataError and DataError."""
        try:
            return load_competition(self.data_dir)
        except NoDataError as error:
            sample = self.data_dir / SAMPLE
            if not sample.is_dir():
                raise
            raise NoDataError(
                error.problem, f"{error.remedy}; or work on sample faces: --data-dir {sample}"
            ) from None

    @cached_property
    def config(self) -> Config:
        """The settings: the preset that fits the data, and the user's own on top."""
        preset = self.request.preset or ("smoke" if self.competition.is_sample else "cpu")
        return build_config(preset, self.request.settings)

    @cached_property
    def device(self) -> torch.device:
        """Where to train and predict."""
        return pick_device(self.request.device)
