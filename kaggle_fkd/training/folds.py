"""The folds of a cross-validation: which faces a member holds out."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError
from kaggle_fkd.runs.member import Member
from kaggle_fkd.system.console import interrupts_held
from kaggle_fkd.system.warning_filters import warnings_filtered
from kaggle_fkd.training.labels import trainable


def held_out_faces(member: Member, faces: FaceDataset) -> NDArray[np.bool_]:
    """N, the faces that the member holds out for validation.

    It is trained neither on them nor on their repeats.
    """
    return next(held_out_by_each([member], faces))


def held_out_by_each(members: Sequence[Member], faces: FaceDataset) -> Iterator[NDArray[np.bool_]]:
    """N for each member of one run: the faces that it holds out, as `held_out_faces` gives them.

    The folds are assigned once for all members: that takes a second for 5587 faces.
    """
    if members:
        config = members[0].config.train
        fold = assign_folds(faces, config.folds, config.seed)
        usable = trainable(faces, config)
        yield from (np.asarray(usable & (fold == member.fold)) for member in members)


def assign_folds(faces: FaceDataset, folds: int, seed: int) -> NDArray[np.int64]:
    """N, the fold 0..folds-1 of every face; -1, no fold, for those that a network labelled.

    Byte-identical images and faces of one subject share a fold, and every fold has its share of
    each convention. Faces that a network labelled do not change the folds of the others. Raises
    DataError when there are too few different images or subjects.
    """
    by_people = np.ones(len(faces), bool) if faces.predicted is None else ~faces.predicted
    groups = faces.repeat_groups()[by_people]
    different = len(np.unique(groups))
    if different < 2 * folds:
        if faces.subject is None:
            kind, more = "images (repeats count once)", "more faces, at least 40 a label convention"
        else:
            kind, more = "persons (those who share an image count once)", "faces of more persons"
        remedy = f"use {more}, or fewer folds (train.folds=2)"
        if not by_people.all():
            kind += ", without faces that a network labelled,"
            remedy += "; remove the score of COCO annotations that people have corrected"
        raise DataError(
            f"{different} different training {kind} are too few for {folds} folds", remedy
        )
    fold_by_face = np.full(len(faces), -1, np.int64)
    fold_by_face[by_people] = stratified_folds(groups, faces.convention[by_people], folds, seed)
    return fold_by_face


def stratified_folds(
    groups: NDArray[np.integer], kinds: NDArray[Any], folds: int, seed: int
) -> NDArray[np.int64]:
    """N, the fold 0..folds-1 of N examples.

    Those of one group, N, share a fold, and every fold has its share of each kind, N. There are at
    least twice as many groups as folds.
    """
    with interrupts_held():
        from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    fold_by_example = np.empty(len(groups), np.int64)
    # A kind with fewer examples than folds cannot be in each of them, which is fine.
    with warnings_filtered("ignore", UserWarning, "The least populated class"):
        for fold, (_, held_out) in enumerate(splitter.split(groups, kinds, groups)):
            fold_by_example[held_out] = fold
    return fold_by_example
