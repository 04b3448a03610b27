"""What the stages of one call share: the request, the data, and what they have made so far."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch

from kaggle_fkd.competition.load import Competition, load_competition
from kaggle_fkd.config import DEFAULT_PRESET, PRESET_68, SAMPLE_PRESET, Config, build_config
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import FkdError, NoDataError
from kaggle_fkd.photo.annotations.load import load_points68, youtube68_in
from kaggle_fkd.runs.run import Run, find_run
from kaggle_fkd.stages.request import Request
from kaggle_fkd.system.device import pick_device

SAMPLE = "sample"
"""Name of the sample faces' folder in DATA_DIR, and first word of submissions made of them."""


@dataclass
class Context:
    """A request, and what its stages have found and made so far."""

    request: Request
    run: Run | None = None
    """The run that the train stage finished, or found finished."""
    submission: Path | None = None
    """The file that the predict stage wrote, or found unchanged."""
    document: str | None = None
    """The JSON that the photo stage made."""
    failure: FkdError | None = None
    """What to end with, as some inputs of a stage failed while the others went on."""
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
        if self.request.points == 68:
            default = PRESET_68
        else:
            default = SAMPLE_PRESET if self.competition.is_sample else DEFAULT_PRESET
        return build_config(self.request.preset or default, self.request.settings)

    @cached_property
    def faces(self) -> FaceDataset:
        """What networks are trained on: the competition's faces, or the 68-point sets."""
        if self.request.points != 68:
            return self.competition.train
        sets = self.request.faces or (youtube68_in(self.data_dir),)
        return load_points68(sets, self.config.chips.size, self.config.chips.margin)

    @cached_property
    def faces_digest(self) -> str:
        """Hex sha256 of the faces that networks are trained on, and of their labels."""
        return self.faces.digest() if self.request.points == 68 else self.competition.train_digest

    @property
    def is_sample(self) -> bool:
        """True when the faces are generated ones."""
        return self.request.points != 68 and self.competition.is_sample

    def named_runs(self) -> list[Run]:
        """The runs that the request names, each once; RunError for one that is not there."""
        runs = [find_run(self.request.runs_dir, name) for name in self.request.runs]
        return list({run.folder.resolve(): run for run in runs}.values())

    @cached_property
    def device(self) -> torch.device:
        """Where to train and predict."""
        return pick_device(self.request.device)
