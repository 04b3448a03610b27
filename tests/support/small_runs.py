"""Small runs for tests: quick settings, a new run directory, trainings that are interrupted."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kaggle_fkd.config import AugmentConfig, Config, PredictConfig, TrainConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.keypoints import KAGGLE15, KeypointScheme
from kaggle_fkd.runs.member import Member
from kaggle_fkd.runs.run import Run, start_run
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.training import fit
from kaggle_fkd.training.folds import assign_folds
from kaggle_fkd.training.keypoint_data import KeypointData
from kaggle_fkd.training.keypoint_objective import KeypointObjective
from kaggle_fkd.training.labels import network_shape
from kaggle_fkd.training.members import train_members
from kaggle_fkd.training.trainer import Trainer

CPU = torch.device("cpu")
NO_AUGMENTATION = AugmentConfig(**{setting.name: 0 for setting in fields(AugmentConfig)})
NO_TTA = PredictConfig(precision="fp32").without_tta()
QUICK = Config(TrainConfig(model="lenet", epochs=4, batch_size=32))


def quick(**train) -> Config:
    """The quick settings with other ones of `train.`."""
    return replace(QUICK, train=replace(QUICK.train, **train))


def new_run(
    runs_dir: Path, config: Config = QUICK, scheme: KeypointScheme = KAGGLE15, size: int = 96
) -> Run:
    """A run for faces of `size` x `size` pixels."""
    data = {"data_hash": "of the test", "sample_faces": True}
    shape = network_shape(blank_face(scheme, size), config)
    return start_run(runs_dir, config, data, scheme, shape, "a CPU")


def blank_face(scheme: KeypointScheme, size: int = 96) -> FaceDataset:
    """One without labels."""
    keypoints = np.full((1, len(scheme.names), 2), np.nan, np.float32)
    zero = np.zeros(1, np.int64)
    return FaceDataset(
        scheme, np.zeros((1, size, size), np.uint8), keypoints, zero.astype(np.int8), zero
    )


def halved(faces: FaceDataset) -> FaceDataset:
    """With every second row and column: NaimishNet has a fifth of its weights for them."""
    return replace(
        faces, images=np.asarray(faces.images)[:, ::2, ::2], keypoints=faces.keypoints / 2
    )


def split(faces: FaceDataset) -> tuple[FaceDataset, FaceDataset]:
    """Faces to train on, and a fifth to validate."""
    held_out = assign_folds(faces, 5, 0) == 0
    return faces[~held_out], faces[held_out]


def train_member(
    member: Member, train: FaceDataset, validation: FaceDataset, device: torch.device = CPU
) -> dict[str, Any]:
    """Train the member on these faces to the end; its summary."""
    objective = KeypointObjective(member.shape, member.config, train, validation, device)
    return fit.train_member(member, objective, device, progress(None, member.name))


def new_trainer(member: Member, train: FaceDataset, device: torch.device = CPU) -> Trainer:
    """A trainer of the member that has not begun; it is validated on the same faces."""
    objective = KeypointObjective(member.shape, member.config, train, train, device)
    return Trainer(member.shape, member.config.train, objective, member.seed, device)


def train_all(run: Run, faces: FaceDataset, count: int) -> list[Member]:
    """Train the run's first `count` members to the end; those that were not finished before."""
    return list(train_members(run, KeypointData(faces), count, CPU))


@contextmanager
def interrupted_in_epoch(number: int) -> Iterator[None]:
    """Ctrl-C at the end of every epoch of that number, from 1, before it is stored."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    with at_the_end_of_epoch(number, interrupt):
        yield


@contextmanager
def at_the_end_of_epoch(number: int, act: Callable[[], None]) -> Iterator[None]:
    """Call `act` whenever the end of an epoch of that number, from 1, is logged."""
    listener = _Listener(f", epoch {number}/", act)
    log.addHandler(listener)
    try:
        yield
    finally:
        log.removeHandler(listener)


class _Listener(logging.Handler):
    """Calls `act` for every message with these words."""

    def __init__(self, words: str, act: Callable[[], None]) -> None:
        super().__init__()
        self.words, self.act = words, act

    def emit(self, record: logging.LogRecord) -> None:
        if self.words in record.getMessage():
            self.act()
