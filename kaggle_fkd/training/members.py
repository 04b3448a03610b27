"""The members of a run: each trained on all folds but its own."""

import warnings

import numpy as np
import torch
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError
from kaggle_fkd.runs.member import Member
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.console import interrupts_held, log
from kaggle_fkd.system.device import describe_device
from kaggle_fkd.training.labels import apply_label_policy, trainable
from kaggle_fkd.training.trainer import Trainer


def train_members(
    run: Run,
    faces: FaceDataset,
    count: int,
    device: torch.device,
    treated: FaceDataset | None = None,
) -> None:
    """Train the run's first `count` members, but for those that are finished already.

    They learn from `treated`, if given: the same faces without labels that an audit suspects.
    They are always validated on `faces`, so that scores with and without an audit compare.
    Raises DataError when there is nothing to learn from or to validate on, and what
    `Trainer.fit` raises; KeyboardInterrupt leaves all whole epochs on disk.
    """
    config = run.config.train
    treated = faces if treated is None else treated
    for member in map(run.member, range(count)):
        if member.finished:
            continue
        held_out = held_out_faces(member, faces)
        learnt = trainable(faces, config) & treated.labelled.any(axis=1) & ~held_out
        if not learnt.any() or not faces[held_out].labelled.any():
            raise DataError(
                f"{member.name}: no labelled face to train on, or none to validate on",
                "use more faces, fewer folds (train.folds), or another convention (train.only)",
            )
        train = apply_label_policy(treated[learnt], config.labels)
        log.info(
            "%s (%d of %d): %d faces to train on, %d to validate, on %s",
            member.folder, member.index + 1, count, len(train), held_out.sum(),
            describe_device(device),
        )  # fmt: skip
        try:
            summary = Trainer(member, train, faces[held_out], device).fit()
        except KeyboardInterrupt:
            log.warning(
                "interrupted: the same command with --resume (or --resume %s) goes on", run.name
            )
            raise
        scores = ", ".join(f"{k} {v:.3f}" for k, v in summary["validation_rmse"].items())
        log.info("%s: validation RMSE in pixels: %s", member.name, scores)


def held_out_faces(member: Member, faces: FaceDataset) -> NDArray[np.bool_]:
    """N, the faces that validate the member: neither they nor their repeats train it."""
    config = member.config.train
    fold_of = assign_folds(faces, config.folds, config.seed)
    return np.asarray(trainable(faces, config) & (fold_of == member.fold))


def assign_folds(faces: FaceDataset, folds: int, seed: int) -> NDArray[np.int64]:
    """N, the fold 0..folds-1 of every face.

    Byte-identical images and faces of one subject share a fold, and every fold has its share of
    each convention. Raises DataError when there are too few different ones.
    """
    with interrupts_held():
        from sklearn.model_selection import StratifiedGroupKFold

    groups = faces.repeat_groups()
    if groups.max(initial=-1) + 1 < 2 * folds:
        if faces.subject is None:
            kind, more = "images (repeats count once)", "more faces, at least 40 a label convention"
        else:
            kind, more = "persons (those who share an image count once)", "faces of more persons"
        raise DataError(
            f"{groups.max(initial=-1) + 1} different training {kind} are too few for {folds} folds",
            f"use {more}, or fewer folds: --set train.folds=2",
        )
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    fold_of = np.empty(len(faces), np.int64)
    with warnings.catch_warnings():
        # A convention with fewer faces than folds cannot be in each of them; that is fine.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        for fold, (_, held_out) in enumerate(splitter.split(groups, faces.convention, groups)):
            fold_of[held_out] = fold
    return fold_of
