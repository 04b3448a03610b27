"""Suspected labels: the table of a label audit, and how the training treats them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError
from kaggle_fkd.system.reading import read_csv_file

COLUMNS = ("row", "convention", "score", "reason", "keypoint", "error_px", "suspected")
"""Columns of an audit.csv, which `evaluation.audit` writes."""
SUSPECT_SCORE = 5.0
"""Faces with a higher score are suspected: with 168 errors planted in 5587 faces, it suspects 196
faces, 165 of them correctly (results/audit)."""


def apply_suspect_policy(table: pd.DataFrame, faces: FaceDataset, policy: str) -> FaceDataset:
    """The faces with the suspected labels of an audit's table dropped or weighted.

    drop: a displaced point loses its label, any other suspected face loses all of them.
    weight: the weight of a suspected face is multiplied by (threshold / score) squared, at most 1,
    so that, with an L2 loss, a label twice as far out has half the gradient.
    """
    table = table[table["suspected"]]
    keypoints, weight = faces.keypoints.copy(), np.ones(len(faces), np.float32)
    for row, score, keypoint in zip(table["row"], table["score"], table["keypoint"], strict=True):
        index = faces.positions[int(row)]
        weight[index] = min(1, SUSPECT_SCORE / score) ** 2
        keypoints[index, faces.scheme.index(keypoint) if keypoint else slice(None)] = np.nan
    if policy == "weight":
        return replace(faces, weight=weight if faces.weight is None else faces.weight * weight)
    return replace(faces, keypoints=keypoints)


def read_audit(path: Path, faces: FaceDataset) -> pd.DataFrame:
    """The table of an audit.csv; DataError when it cannot be read or belongs to other faces."""
    remedy = "use the audit.csv of an evaluation of these faces (train.audit)"
    try:
        kinds = {"row": np.int64, "score": np.float64, "suspected": np.bool_}
        table = read_csv_file(path, keep_default_na=False, dtype=kinds)
    except (OSError, ValueError, OverflowError) as error:
        raise DataError(f"{path}: cannot be read as an audit ({error})", remedy) from error
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise DataError(f"{path}: column {missing[0]} is missing", remedy)
    unknown_names = sorted(set(table["keypoint"]) - {*faces.scheme.names, ""})
    if unknown_names:
        raise DataError(f"{path}: {unknown_names[0]} is not a keypoint", remedy)
    impossible = table.loc[table["suspected"] & (table["score"] <= 0), "row"].tolist()
    if impossible:
        raise DataError(
            f"{path}: row {impossible[0]} is suspected with a score that is not above 0", remedy
        )
    unknown = np.setdiff1d(table["row"], faces.ids)
    if len(unknown):
        raise DataError(f"{path}: row {unknown[0]} is not a training face", remedy)
    return table
