"""Small runs for tests: quick settings, a new run directory, a split of the faces."""

from dataclasses import fields, replace
from pathlib import Path

import torch

from kaggle_fkd.config import AugmentConfig, Config, TrainConfig
from kaggle_fkd.faces import Faces
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.networks.network import NetworkShape
from kaggle_fkd.runs.run import Run, start_run
from kaggle_fkd.training.ensemble import assign_folds

CPU = torch.device("cpu")
NO_AUGMENTATION = AugmentConfig(**{setting.name: 0 for setting in fields(AugmentConfig)})
QUICK = Config(TrainConfig(model="lenet", epochs=4, batch_size=32))


def quick(**train) -> Config:
    """The quick settings with other ones of `train.`."""
    return replace(QUICK, train=replace(QUICK.train, **train))


def new_run(runs_dir: Path, config: Config = QUICK, heads: int = 2) -> Run:
    shape = NetworkShape(96, 96, 15, heads, config.train.mirror_heads)
    data = {"data_hash": "of the test", "sample_faces": True}
    return start_run(runs_dir, config, data, KAGGLE15, shape, CPU)


def split(faces: Faces) -> tuple[Faces, Faces]:
    """Faces to train on, and a fifth to validate."""
    held_out = assign_folds(faces, 5, 0) == 0
    return faces[~held_out], faces[held_out]
