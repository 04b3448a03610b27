"""Folds in which no image is on both sides, however often it is repeated."""

import warnings

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.errors import DataError
from kaggle_fkd.faces import Faces


def assign_folds(faces: Faces, folds: int, seed: int) -> NDArray[np.int64]:
    """N, the fold 0..folds-1 of every face.

    Byte-identical images share a fold, and every fold has its share of each convention.
    Raises DataError when there are too few different images.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    groups = faces.repeat_groups()
    if groups.max(initial=-1) + 1 < 2 * folds:
        raise DataError(
            f"{groups.max(initial=-1) + 1} different training images (repeats count once) are "
            f"too few for {folds} folds",
            "use more faces, at least 40 per label convention, or fewer folds: --set train.folds=2",
        )
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    fold_of = np.empty(len(faces), np.int64)
    with warnings.catch_warnings():
        # A convention with fewer faces than folds cannot be in each of them; that is fine.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        for fold, (_, held_out) in enumerate(splitter.split(groups, faces.convention, groups)):
            fold_of[held_out] = fold
    return fold_of
