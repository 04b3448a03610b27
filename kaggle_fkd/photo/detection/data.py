"""`DetectionData`: photographs with faces, and which of them a member of a run learns from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from kaggle_fkd.config import Config, TrainConfig
from kaggle_fkd.errors import DataError, UsageError
from kaggle_fkd.keypoints import EYES, KeypointScheme
from kaggle_fkd.networks.detector import STRIDES
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.photo.detection.dataset import PhotographDataset
from kaggle_fkd.photo.detection.objective import DetectionObjective
from kaggle_fkd.runs.member import Member
from kaggle_fkd.training.data import TrainingData


class DetectionData(TrainingData):
    """Photographs; those of one subject are held out together."""

    def __init__(self, photographs: PhotographDataset) -> None:
        self.photographs = photographs

    @property
    def scheme(self) -> KeypointScheme:
        """The eyes: the keypoints that a detector gives."""
        return EYES

    def shape(self, config: Config) -> NetworkShape:
        """That of the crops; UsageError for settings of crops that do not fit each other."""
        side, detect = config.detect.crop, config.detect
        if side % STRIDES[-1]:
            raise UsageError(
                f"detect.crop={side} is not a multiple of {STRIDES[-1]}", "use such a size"
            )
        if detect.smallest > detect.largest:
            raise UsageError(
                f"detect.smallest={detect.smallest:g} is more than detect.largest="
                f"{detect.largest:g}",
                "exchange them",
            )
        return NetworkShape(side, side, len(EYES.names), heads=1)

    def digest(self, config: TrainConfig, audit_file: Path) -> str:
        """Of the photographs and their faces."""
        return self.photographs.digest()

    def check(self, members: Sequence[Member], audit_file: Path) -> None:
        """DataError for a member without a face to learn from, or to be validated on."""
        for member in members:
            self._split(member)

    def objective(
        self, member: Member, audit_file: Path, device: torch.device
    ) -> DetectionObjective:
        """To find the faces of the photographs that the member does not hold out."""
        return DetectionObjective(member.config, *self._split(member), device)

    def held_out(self, member: Member) -> NDArray[np.bool_]:
        """P, the photographs that the member holds out for validation."""
        config = member.config.train
        folds = assign_folds(self.photographs, config.folds, config.seed)
        return np.asarray(folds == member.fold)

    def _split(self, member: Member) -> tuple[PhotographDataset, PhotographDataset]:
        held_out = self.held_out(member)
        parts = self.photographs[~held_out], self.photographs[held_out]
        for part in parts:
            if part.ignored.all():
                raise DataError(
                    f"{member.name}: there is no face to train on, or none to validate on",
                    "use more photographs, or fewer folds (train.folds)",
                )
        return parts


def assign_folds(photographs: PhotographDataset, folds: int, seed: int) -> NDArray[np.int64]:
    """P, the fold 0..folds-1 of each photograph; those of one subject share a fold."""
    _, subject = np.unique(photographs.subject, return_inverse=True)
    order = np.random.default_rng(seed).permutation(subject.max(initial=-1) + 1)
    return np.asarray(order[subject] % folds, np.int64)
