"""The folds of a cross-validation: which faces a member holds out."""

import warnings

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError
from kaggle_fkd.runs.member import Member
from kaggle_fkd.system.console import interrupts_held
from kaggle_fkd.training.labels import trainable


def held_out_faces(member: Member, faces: FaceDataset) -> NDArray[np.bool_]:
    """N, the faces that the member holds out for validation.

    It is trained neither on them nor on their repeats.
    """
    config = member.config.train
    fold = assign_folds(faces, config.folds, config.seed)
    return np.asarray(trainable(faces, config) & (fold == member.fold))


def assign_folds(faces: FaceDataset, folds: int, seed: int) -> NDArray[np.int64]:
    """N, the fold 0..folds-1 of every face.

    Byte-identical images and faces of one subject share a fold, and every fold has its share of
    each convention. Raises DataError when there are too few different images or subjects.
    """
    with interrupts_held():
        from sklearn.model_selection import StratifiedGroupKFold

    groups = faces.repeat_groups()
    different = groups.max(initial=-1) + 1
    if different < 2 * folds:
        if faces.subject is None:
            kind, more = "images (repeats count once)", "more faces, at least 40 a label convention"
        else:
            kind, more = "persons (those who share an image count once)", "faces of more persons"
        raise DataError(
            f"{different} different training {kind} are too few for {folds} folds",
            f"use {more}, or fewer folds (train.folds=2)",
        )
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    fold_by_face = np.empty(len(faces), np.int64)
    with warnings.catch_warnings():
        # A convention with fewer faces than folds cannot be in each of them, which is fine.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        for fold, (_, held_out) in enumerate(splitter.split(groups, faces.convention, groups)):
            fold_by_face[held_out] = fold
    return fold_by_face
