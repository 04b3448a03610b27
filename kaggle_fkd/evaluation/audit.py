"""The label audit: which labels are probably wrong, according to out-of-fold predictions."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.system.files import write_table
from kaggle_fkd.training.suspects import COLUMNS, SUSPECT_SCORE

NO_FACE = "no face, another one, or a wrong prediction"
SWAPPED = "left and right swapped"
DISPLACED, SEVERAL_OFF = "displaced point", "several points off"
"""The reasons of the audit."""
SWAP_GAIN = 0.5
"""Left and right are swapped when exchanging them at least halves the error."""
ALONE = 3.0
"""A point is displaced when its score is more than this many times the next largest score of the
face."""
UNSURE = 1.75
"""The network does not recognise a face when half of its expected errors are more than this many
times those of other faces. Of 5587 faces, those of 56 pictures without a face were mostly 1.9 to
2.7 times as large, those of 99 % of the others less than 1.5 times (results/README.md)."""
MIN_ERROR = 1e-6
"""Expected errors in pixels are at least this, as scores divide by them."""
MAX_POINTS_OFF = 3.0
"""No label fits the picture when half of them score more than this. On a picture without a face the
network predicts a mean face, which is not farther than that from most labels."""


def audit(predicted: NDArray[np.floating], faces: FaceDataset) -> pd.DataFrame:
    """One row per labelled face, the most suspicious first, in the columns `COLUMNS`.

    `predicted`, N x K x 3 pixels, are out-of-fold. A label's score is its distance from the
    prediction, divided by the expected error; a face's score is that of its worst label. Where a
    network is unsure of the complete face, this does not excuse the labels: expected errors are
    divided by how much larger they are than those of other faces. A face for which this is more
    than `UNSURE` is suspected, whatever its labels: its score is then at least `SUSPECT_SCORE`
    times this over `UNSURE`. After Northcutt et al., "Confident learning", 2021 (arXiv 1911.00068):
    labels that held-out predictions contradict are wrong more often than not.
    """
    keypoints = predicted[..., :2].astype(np.float64)
    error = np.linalg.norm(keypoints - faces.keypoints, axis=2)
    expected = np.where(faces.marked, np.maximum(predicted[..., 2], MIN_ERROR), np.nan)
    growth = np.ma.masked_invalid(expected / _usual(expected, faces.convention))
    unsure = np.ma.median(growth, axis=1).filled(1)
    scores = error / expected * unsure[:, None]
    judged = np.flatnonzero(np.isfinite(scores).any(axis=1))
    rows = []
    for index in judged:
        worst = int(np.nanargmax(scores[index]))
        score = scores[index, worst]
        if unsure[index] > UNSURE:
            score, reason = max(score, SUSPECT_SCORE * unsure[index] / UNSURE), NO_FACE
        else:
            reason = _reason(keypoints[index], faces.keypoints[index], scores[index], faces)
        rows.append(
            {
                "row": faces.ids[index],
                "convention": faces.scheme.conventions[faces.convention[index]].name,
                "score": score,
                "reason": reason,
                "keypoint": faces.scheme.names[worst] if reason == DISPLACED else "",
                "error_px": error[index, worst],
                "suspected": score > SUSPECT_SCORE,
            }
        )
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.sort_values("score", ascending=False, kind="stable", ignore_index=True)


def _usual(values: NDArray[np.float64], convention: NDArray[np.int8]) -> NDArray[np.float64]:
    """N x K, the median of each keypoint's values among the faces of the same convention."""
    usual = np.full(values.shape, np.nan)
    for index in np.unique(convention):
        chosen = convention == index
        usual[chosen] = np.ma.median(np.ma.masked_invalid(values[chosen]), axis=0).filled(np.nan)
    return usual


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
            return SWAPPED
    known = np.sort(scores[np.isfinite(scores)])
    if len(known) > 1 and known[-1] > ALONE * known[-2]:
        return DISPLACED
    if np.median(known) > MAX_POINTS_OFF:
        return NO_FACE
    return SEVERAL_OFF


def write_audit(path: Path, table: pd.DataFrame) -> None:
    """Write the table as CSV, atomically."""
    write_table(path, table, "%.4g")
