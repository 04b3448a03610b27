"""`train_member`: the training of one member, from its first or last epoch to the end."""

import math
import time
from typing import Any

import numpy as np
import torch

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import RunError
from kaggle_fkd.metrics import rmse, rmse_by_convention
from kaggle_fkd.runs.member import Member
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.training.checkpoint import load_checkpoint, save_checkpoint
from kaggle_fkd.training.labels import mean_keypoints_by_head
from kaggle_fkd.training.summary import epoch_row, log_epoch, summarise
from kaggle_fkd.training.trainer import FacesOnDevice, Trainer, seeded

DIVERGED = 0.5
"""A training whose RMSE is more than this share of the image's width, when half of the epochs are
over, is stopped: predicting the image's centre would be better. Before, sound trainings exceed it,
too: gridnet on 128 sample faces had 255 px after 2 of 12 epochs, and 4.7 px at the end."""


def train_member(
    member: Member, train: FaceDataset, validation: FaceDataset, device: torch.device
) -> dict[str, Any]:
    """Train one member to the end, from its checkpoint if there is one; its summary.

    Validation decides nothing but whether the training has diverged: the last weights are kept.
    Raises RunError when it has, when the checkpoint is damaged, or when another process is training
    the same member.
    """
    config, validation = member.config.train, validation.inner()
    with member.locked(), seeded(member.seed, device):
        if member.finished:  # by another process, since this one chose it
            return member.summary
        trainer = Trainer(member.shape, member.config, train, member.seed, device)
        held_out = FacesOnDevice.put(validation, member.shape.heads, device)
        mean_face_rmse = _mean_face_rmse(member, train, validation, held_out)
        epochs, commits = load_checkpoint(member, trainer)
        if epochs:
            log.info("%s: continuing after epoch %d", member.name, len(epochs))
        steps = config.epochs * trainer.steps_per_epoch
        with progress(None, f"training {member.name}", total=steps) as bar:
            bar.update(len(epochs) * trainer.steps_per_epoch)
            for epoch in range(len(epochs), config.epochs):
                started = time.perf_counter()
                train_rmse = trainer.run_epoch(epoch, bar.update)
                scores = rmse_by_convention(trainer.predict(held_out), validation)
                _refuse_divergence(member, epoch, train_rmse, scores["all"], mean_face_rmse)
                epochs.append(epoch_row(trainer, epoch, train_rmse, scores, started))
                log_epoch(epochs[-1], config.epochs)
                bar.set_postfix_str(f"validation RMSE {scores['all']:.3f} px")
                save_checkpoint(member, trainer, epochs, commits)
        predicted = trainer.predict(held_out)
        summary = summarise(member, trainer, validation, predicted, epochs, commits)
        summary["mean_face_rmse"] = mean_face_rmse
        member.finish(trainer.weights(), summary)
        if summary["validation_rmse"]["all"] > mean_face_rmse:
            log.warning(
                "%s: worse than the mean face, whose RMSE is %.3f px -> train longer, or with "
                "another learning rate (train.lr)", member.name, mean_face_rmse,
            )  # fmt: skip
        return summary


def _mean_face_rmse(
    member: Member, train: FaceDataset, validation: FaceDataset, held_out: FacesOnDevice
) -> float:
    """The validation RMSE in pixels of the training faces' mean keypoints, the least to expect."""
    means = mean_keypoints_by_head(train.inner(), member.shape)[held_out.heads.cpu()].numpy()
    return rmse(means, np.where(np.isfinite(means), validation.keypoints, np.nan))


def _refuse_divergence(
    member: Member, epoch: int, train_rmse: float, val_rmse: float, mean_face_rmse: float
) -> None:
    """RunError for a training that leads nowhere; the last good epoch stays on disk."""
    remedy = "start a new training with a lower learning rate (train.lr)"
    if not math.isfinite(train_rmse + val_rmse):
        raise RunError(f"{member.name}: the loss is no longer a number (epoch {epoch + 1})", remedy)
    done = (epoch + 1) / member.config.train.epochs
    # Until the end the statistics of batch normalisation may lag behind good weights.
    error = val_rmse if done == 1 else min(train_rmse, val_rmse)
    if done > 0.5 and error > DIVERGED * member.shape.width:
        raise RunError(
            f"{member.name}: the training has diverged: after epoch {epoch + 1} the validation "
            f"RMSE is {val_rmse:.1f} px, that of the mean face {mean_face_rmse:.1f} px",
            remedy,
        )
