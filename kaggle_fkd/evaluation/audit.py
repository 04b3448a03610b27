"""Label audit: which training labels are probably wrong, by the evidence of networks that never
saw them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError
from kaggle_fkd.system.files import write_text

SUSPECT_SCORE = 6.0
"""Labels that score higher are suspected: with 168 errors planted in 5587 faces 157, of which 128
are planted ones (results/audit)."""
SWAP_GAIN = 0.5
"""Sides are swapped when exchanging left and right at least halves the error."""
ALONE = 3.0
"""A point is displaced when it scores this many times what the face's other points do."""
MOST_POINTS_OFF = 3.0
"""No label fits the picture when half of them score more than this; on a picture without a face the
network answers with a mean face, which is no further from most labels."""
COLUMNS = ("row", "convention", "score", "reason", "keypoint", "error_px", "suspected")


def audit(predicted: NDArray[np.floating], faces: FaceDataset) -> pd.DataFrame:
    """One row a face with labels, the most suspicious first, in the columns `COLUMNS`.

    `predicted`, N x K x 2 pixels, are out-of-fold. A label's score is its distance from the
    prediction in units of what is usual for that keypoint of that convention (the median); a
    face's score is that of its worst label. After Northcutt et al., "Confident learning", 2021
    (arXiv 1911.00068): labels that held-out predictions contradict are wrong more often than not.
    """
    error = np.linalg.norm(predicted.astype(np.float64) - faces.keypoints, axis=2)
    scores = error / _usual_error(error, faces.convention)
    judged = np.flatnonzero(np.isfinite(scores).any(axis=1))
    rows = []
    for index in judged:
        worst = int(np.nanargmax(scores[index]))
        reason = _reason(predicted[index], faces.keypoints[index], scores[index], faces)
        rows.append(
            {
                "row": faces.ids[index],
                "convention": faces.scheme.conventions[faces.convention[index]].name,
                "score": scores[index, worst],
                "reason": reason,
                "keypoint": faces.scheme.names[worst] if reason == "displaced point" else "",
                "error_px": error[index, worst],
                "suspected": scores[index, worst] > SUSPECT_SCORE,
            }
        )
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values("score", ascending=False, kind="stable", ignore_index=True)


def _usual_error(error: NDArray[np.float64], convention: NDArray[np.int8]) -> NDArray[np.float64]:
    """N x K, the median error of each keypoint among the faces of the same convention."""
    usual = np.full(error.shape, np.nan)
    for index in np.unique(convention):
        of_it = convention == index
        usual[of_it] = np.ma.median(np.ma.masked_invalid(error[of_it]), axis=0).filled(np.nan)
    return np.asarray(np.maximum(usual, 1e-6))


def _reason(
    predicted: NDArray[np.floating],
    labels: NDArray[np.floating],
    scores: NDArray[np.float64],
    faces: FaceDataset,
) -> str:
    """The most likely mistake, in words, given the face's K x 2 prediction and labels."""
    swapped = labels[list(faces.scheme.flip_order)]
    both = np.isfinite(labels).all(axis=1) & np.isfinite(swapped).all(axis=1)
    in_pairs = both & (np.arange(len(labels)) != np.array(faces.scheme.flip_order))
    if in_pairs.any():
        as_is = np.linalg.norm(predicted[in_pairs] - labels[in_pairs], axis=1).mean()
        exchanged = np.linalg.norm(predicted[in_pairs] - swapped[in_pairs], axis=1).mean()
        if exchanged < SWAP_GAIN * as_is:
            return "left and right swapped"
    known = np.sort(scores[np.isfinite(scores)])
    if len(known) > 1 and known[-1] > ALONE * known[-2]:
        return "displaced point"
    if np.median(known) > MOST_POINTS_OFF:
        return "no face, or another one"
    return "several points off"


def write_audit(path: Path, table: pd.DataFrame) -> None:
    """Write the table as CSV, atomically."""
    write_text(path, table.to_csv(index=False, float_format="%.4g"))


def apply_audit(path: Path, faces: FaceDataset, suspects: str) -> FaceDataset:
    """The faces with the labels that an audit.csv suspects treated as `suspects` says.

    See `apply_suspect_policy`. Raises DataError when the file cannot be read or is of other faces.
    """
    return apply_suspect_policy(_read(path, faces), faces, suspects)


def apply_suspect_policy(table: pd.DataFrame, faces: FaceDataset, suspects: str) -> FaceDataset:
    """The faces with the suspected labels of an audit dropped or weighted.

    drop: a displaced point loses its label, any other suspected face loses all of them.
    weight: a suspected face counts by (threshold / score) squared, at most 1, so that a label twice
    as far out pulls half as much with an L2 loss.
    """
    table = table[table["suspected"]]
    position = {int(id_): index for index, id_ in enumerate(faces.ids)}
    keypoints, weight = faces.keypoints.copy(), np.ones(len(faces), np.float32)
    for row, score, keypoint in zip(table["row"], table["score"], table["keypoint"], strict=True):
        index = position[int(row)]
        weight[index] = min(1, SUSPECT_SCORE / score) ** 2
        keypoints[index, faces.scheme.index(keypoint) if keypoint else slice(None)] = np.nan
    if suspects == "weight":
        return replace(faces, weight=weight)
    return replace(faces, keypoints=keypoints)


def _read(path: Path, faces: FaceDataset) -> pd.DataFrame:
    remedy = "name the audit.csv of an evaluation of these faces: --set train.audit=FILE"
    try:
        kinds = {"row": np.int64, "score": np.float64, "suspected": np.bool_}
        table = pd.read_csv(path, keep_default_na=False, dtype=kinds)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: no audit that can be read ({error})", remedy) from error
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise DataError(f"{path}: no column {missing[0]}", remedy)
    strange = sorted(set(table["keypoint"]) - {*faces.scheme.names, ""})
    if strange:
        raise DataError(f"{path}: no keypoint {strange[0]}", remedy)
    impossible = table.loc[table["suspected"] & (table["score"] <= 0), "row"].tolist()
    if impossible:
        raise DataError(
            f"{path}: row {impossible[0]} is suspected with a score that is not above 0", remedy
        )
    unknown = np.setdiff1d(table["row"], faces.ids)
    if len(unknown):
        raise DataError(f"{path}: row {unknown[0]} is no training face", remedy)
    return table
