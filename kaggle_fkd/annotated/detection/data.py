"""`DetectionData`: photographs with faces, and which of them a member of a run learns from."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from kaggle_fkd.annotated.detection.dataset import PhotographDataset
from kaggle_fkd.annotated.detection.objective import DetectionObjective
from kaggle_fkd.config import Config, TrainConfig
from kaggle_fkd.errors import DataError, UsageError
from kaggle_fkd.keypoints import EYES, KeypointScheme
from kaggle_fkd.networks.detector_shape import STRIDES
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.runs.label_files import LabelFiles
from kaggle_fkd.runs.member import Member
from kaggle_fkd.system.text import count_of
from kaggle_fkd.training.data import TrainingData
from kaggle_fkd.training.folds import stratified_folds


class DetectionData(TrainingData):
    """Photographs; those of one subject are held out together."""

    def __init__(self, photographs: PhotographDataset) -> None:
        self.photographs = photographs
        self._folds_by: dict[tuple[int, int], NDArray[np.int64]] = {}

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

    def digest(self, config: TrainConfig, files: LabelFiles) -> str:
        """Of the photographs and their faces."""
        return self.photographs.digest()

    def check(self, members: Sequence[Member], files: LabelFiles) -> None:
        """DataError when a fold has no face to be found: an evaluation holds out each of them."""
        for member in members[:1]:
            folds, photographs = self._folds(member), self.photographs
            counts = np.bincount(
                folds[photographs.picture[~photographs.ignored]],
                minlength=member.config.train.folds,
            )
            if not counts.all():
                raise DataError(
                    f"there are faces to find in {np.count_nonzero(counts)} of {len(counts)} folds",
                    "use more photographs, or fewer folds (train.folds=2)",
                )

    def objective(
        self, member: Member, files: LabelFiles, device: torch.device
    ) -> DetectionObjective:
        """To find the faces of the photographs that the member does not hold out."""
        held_out = self.held_out(member)
        train, validation = self.photographs[~held_out], self.photographs[held_out]
        return DetectionObjective(member.config, train, validation, device)

    def held_out(self, member: Member) -> NDArray[np.bool_]:
        """P, the photographs that the member holds out for validation."""
        return np.asarray(self._folds(member) == member.fold)

    def _folds(self, member: Member) -> NDArray[np.int64]:
        """P, the fold of each photograph; assigned once for all members of a run."""
        config = member.config.train
        key = config.folds, config.seed
        if key not in self._folds_by:
            self._folds_by[key] = self._assign_folds(config)
        return self._folds_by[key]

    def _assign_folds(self, config: TrainConfig) -> NDArray[np.int64]:
        """P, the fold of each photograph; DataError when there are too few subjects."""
        photographs = self.photographs
        subjects = np.unique(photographs.subject).size
        if subjects < 2 * config.folds:
            raise DataError(
                f"photographs of {count_of(subjects, 'subject')} are too few for {config.folds} "
                "folds",
                "use more photographs, or fewer folds (train.folds=2)",
            )
        with_face = np.zeros(len(photographs), bool)
        with_face[photographs.picture[~photographs.ignored]] = True
        return stratified_folds(photographs.subject, with_face, config.folds, config.seed)
