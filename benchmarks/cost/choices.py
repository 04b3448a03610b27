"""What each choice that makes a gradient step fast is worth: the epoch with and without it."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import nn

from benchmarks.cost.epoch import CPU, new_run
from benchmarks.cost.row import Row, seconds_of
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.system.precision import Precision
from kaggle_fkd.training.keypoint_data import KeypointData
from kaggle_fkd.training.trainer import Trainer, seeded

ROUNDS = 3
"""Epochs of each way; the ways take turns, and one more epoch of each is not counted."""
AS_IT_IS = "as it is"


def choice_costs(faces: FaceDataset, model: str, batch: int) -> Iterator[Row]:
    """The rows of the section `choices`: the median time of the gradient steps of an epoch."""
    with TemporaryDirectory() as folder, seeded(0, CPU):
        run = new_run(Path(folder), faces, {"train.model": model, "train.batch_size": batch})
        objective = KeypointData(faces).objective(run.member(0), run.label_files, CPU)
        trainers = {name: Trainer(run.shape, run.config.train, objective, 0, CPU) for name in WAYS}
        for name, change in WAYS.items():
            change(trainers[name])
            first = seconds_of(partial(_epoch, trainers[name]))
            yield Row("first epoch, compilation included", name, first, "s")
        times: dict[str, list[float]] = {name: [] for name in WAYS}
        for _ in range(ROUNDS):
            for name, trainer in trainers.items():
                began = time.perf_counter()
                _epoch(trainer)
                times[name].append(time.perf_counter() - began)
    medians = {name: float(np.median(each)) for name, each in times.items()}
    for name, median in medians.items():
        yield Row(f"gradient steps of {objective.examples} faces", name, median, "s")
        yield Row("relative to what it is", name, median / medians[AS_IT_IS], "1 = as it is")


def _epoch(trainer: Trainer) -> None:
    trainer.run_epoch(1, lambda: None)


def _in_fp32(trainer: Trainer) -> None:
    trainer.precision = Precision("fp32", "as asked")


def _channels_first(trainer: Trainer) -> None:
    trainer.network.to(memory_format=torch.contiguous_format)


def _unfused(trainer: Trainer) -> None:
    groups = trainer.optimizer.param_groups
    for group in groups:
        group["fused"] = None
    trainer.optimizer = torch.optim.AdamW(groups, lr=trainer.config.lr, foreach=False)


def _compiled(trainer: Trainer) -> None:
    compiled = torch.compile(trainer.network)
    assert isinstance(compiled, nn.Module)
    trainer.shared_network = compiled


WAYS: dict[str, Callable[[Trainer], None]] = {
    AS_IT_IS: lambda trainer: None,
    "fp32": _in_fp32,
    "without channels last": _channels_first,
    "optimiser not fused": _unfused,
    "compiled": _compiled,
}
"""How a trainer is changed, by the name of the way."""
