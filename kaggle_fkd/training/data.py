"""`TrainingData`: a data set, as the choice of a run and the training of its members see it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch

from kaggle_fkd.config import Config, TrainConfig
from kaggle_fkd.errors import DataError
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.runs.label_files import LabelFiles
from kaggle_fkd.runs.member import Member
from kaggle_fkd.runs.run import Run
from kaggle_fkd.training.objective import Objective


class TrainingData(ABC):
    """Examples to learn from; each member of a run learns from those that it does not hold out."""

    @property
    @abstractmethod
    def scheme(self) -> KeypointScheme:
        """The keypoints that are labelled."""

    @abstractmethod
    def shape(self, config: Config) -> NetworkShape:
        """The input and output of a network that is trained on them."""

    @abstractmethod
    def digest(self, config: TrainConfig, files: LabelFiles) -> str:
        """Hex sha256 of what a training with these settings sees, wherever the files are.

        Raises DataError when the files cannot be read, or belong to other examples.
        """

    @abstractmethod
    def check(self, members: Sequence[Member], files: LabelFiles) -> None:
        """DataError when a member of one run has nothing to learn from, or to be validated on."""

    @abstractmethod
    def objective(self, member: Member, files: LabelFiles, device: torch.device) -> Objective[Any]:
        """What the member is trained to do; raises what `check` raises."""


def same_data(run: Run, data: TrainingData) -> bool:
    """True when the run was trained on these data, with its own audit and label fixes."""
    if run.scheme != data.scheme:
        return False
    try:
        digest = data.digest(run.config.train, run.label_files)
    except DataError:  # its audit or its label fixes belong to other faces
        return False
    return bool(run.record["data_hash"] == digest)
