"""The evaluation of a detector: faces found, and boxes where there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.annotated.detection.dataset import PhotographDataset
from kaggle_fkd.annotated.detection.targets import FOUND_IOU
from kaggle_fkd.figures.palette import PALETTE
from kaggle_fkd.figures.style import describe, new_figure, save_figure
from kaggle_fkd.photo.detection.detect import Detections
from kaggle_fkd.photo.detection.faces import CENTRE, EYE_POINTS, SIZE, overlaps
from kaggle_fkd.photo.detectors import MIN_SCORE
from kaggle_fkd.system.files import write_json, write_table
from kaggle_fkd.system.text import count_of

CURVE_START = 0.05
"""Detections below this score are not part of the curve."""
SIZES = (0, 12, 24, 48, 96)
"""Bounds in pixels of the rows of the table."""
ROLLS = (0, 20, 45, 90, 135)
"""The same of rolls, in degrees, to either side."""
FACE_COLUMNS = (
    "x", "y", "size", "right_eye_x", "right_eye_y", "left_eye_x", "left_eye_y",
)  # fmt: skip
"""The columns of a face in detections.csv, in pixels."""
DETECTIONS = ("photograph", "score", *FACE_COLUMNS)
"""The columns of detections.csv."""
_APART = 18
"""Distance of the scores beside the curve, in pixels."""
MIN_SIZE = 12.0
"""Size in pixels from which faces count in the overall figures: 16 pixels from forehead to chin."""


@dataclass(frozen=True)
class Matches:
    """What the detections in photographs are worth."""

    scores: NDArray[np.float64]
    """F, the score with which each labelled face was found; 0: it was not."""
    false_positives: NDArray[np.float64]
    """W, the scores of detections where no face is."""
    false_at: NDArray[np.int64]
    """W x 2, of each of them, the index of the photograph, and that of the detection in it."""


def scored_faces(photographs: PhotographDataset) -> NDArray[np.bool_]:
    """F, the faces that count in the overall figures."""
    return ~photographs.ignored & (photographs.faces[:, SIZE] >= MIN_SIZE)


def match(photographs: PhotographDataset, detections: Sequence[Detections]) -> Matches:
    """Match the detections in each photograph with its faces, the most certain first.

    Each face is found once. A detection on an ignored face, or in a photograph whose faces are not
    all labelled, is not counted as a false positive.
    """
    scores = np.zeros(len(photographs.faces))
    wrong, wrong_at = [], []
    for picture, (rows, found, complete) in enumerate(
        zip(photographs.faces_of, detections, photographs.complete, strict=True)
    ):
        faces = photographs.faces[rows]
        overlap = overlaps(found.faces, faces)
        ignored = photographs.ignored[rows]
        for index, (score, detection, row) in enumerate(
            zip(found.scores, found.faces, overlap, strict=True)
        ):
            free = np.where(ignored | (scores[rows] > 0), 0, row)
            best = int(free.argmax()) if len(free) else -1
            if best >= 0 and free[best] > FOUND_IOU:
                scores[rows[best]] = score
                continue
            distance = np.linalg.norm(faces[:, CENTRE] - detection[CENTRE], axis=1)
            if complete and not (ignored & (distance < faces[:, SIZE])).any():
                wrong.append(float(score))
                wrong_at.append((picture, index))
    return Matches(scores, np.array(wrong), np.array(wrong_at, np.int64).reshape(-1, 2))


def write_detection(
    folder: Path, photographs: PhotographDataset, detections: Sequence[Detections],
    summary: Mapping[str, Any],
) -> list[str]:  # fmt: skip
    """Write out-of-fold detections, their curve and their tables; the result in a few lines."""
    matches = match(photographs, detections)
    curve = found_by_score(photographs, matches)
    write_table(folder / "curve.csv", curve, "%.6g")
    write_table(folder / "sizes.csv", found_by_size(photographs, matches))
    write_table(folder / "rolls.csv", found_by_roll(photographs, matches))
    write_detections(folder / "detections.csv", detections)
    faces, complete = int(scored_faces(photographs).sum()), int(photographs.complete.sum())
    write_json(
        folder / "evaluation.json",
        {**summary, "faces": faces, "photographs": len(photographs),
         "completely_labelled_photographs": complete, "score": MIN_SCORE,
         "found": _found(curve, MIN_SCORE)[0], "curve": curve.to_dict("records")},
    )  # fmt: skip
    save_figure(curve_figure(curve, faces, complete), folder / "curve.png")
    lines = []
    for score in (0.3, 0.5, MIN_SCORE):
        found, wrong = _found(curve, score)
        lines.append(
            f"score {score}: {found:.1%} of {count_of(faces, 'face')} found, "
            f"{count_of(wrong, 'false positive')} in "
            f"{count_of(complete, 'completely labelled photograph')}"
        )
    return lines


def _found(curve: pd.DataFrame, score: float) -> tuple[float, int]:
    """The share of the faces found with at least that score, and the number of false positives."""
    row = int((curve["score"] - score).abs().argmin())
    return float(curve["found"].iloc[row]), int(curve["false_positives"].iloc[row])


def curve_figure(curve: pd.DataFrame, faces: int, photographs: int) -> Figure:
    """Faces found against false positives, with the least score beside points that lie apart.

    `curve` is that of `found_by_score`, of so many faces and completely labelled photographs.
    """
    figure = new_figure(6.5, 4.3)
    axes = figure.subplots()
    found = 100 * curve["found"]
    axes.plot(curve["false_positives"], found, color=PALETTE[5], marker="o", markersize=4)
    axes.set(
        xlabel=f"false positives in {count_of(photographs, 'completely labelled photograph')}",
        ylabel=f"faces found, of {faces} (%)", xscale="symlog", xlim=(-0.3, None),
    )  # fmt: skip
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)
    _name_scores(axes, curve)
    share, wrong = _found(curve, MIN_SCORE)
    describe(
        figure, f"{100 * share:.1f} % of the faces found, with {count_of(wrong, 'false positive')}",
        f"Faces of {MIN_SIZE:.0f} pixels and more, out of fold. Numbers are the least score of a "
        f"detection; the title is of {MIN_SCORE}.",
    )  # fmt: skip
    return figure


def _name_scores(axes: Axes, curve: pd.DataFrame) -> None:
    """Write the score beside every second point, unless it would touch the one before."""
    before = np.full(2, -np.inf)
    points = np.column_stack([curve["false_positives"], 100 * curve["found"]])
    for score, point in list(zip(curve["score"], points, strict=True))[::-2]:
        place = axes.transData.transform(point)
        if np.abs(place - before).max() > _APART:
            axes.annotate(
                f"{score:.2f}", tuple(point), (5, -9), textcoords="offset points", fontsize=8
            )
            before = place


def found_by_score(photographs: PhotographDataset, matches: Matches) -> pd.DataFrame:
    """The share of faces found, and the false positives, by the least score of a detection."""
    scores = matches.scores[scored_faces(photographs)]
    thresholds = np.round(np.arange(CURVE_START, 1, 0.05), 2)
    return pd.DataFrame({
        "score": thresholds,
        "found": [float(np.mean(scores >= each)) for each in thresholds],
        "false_positives": [int((matches.false_positives >= each).sum()) for each in thresholds],
    })  # fmt: skip


def found_by_size(photographs: PhotographDataset, matches: Matches) -> pd.DataFrame:
    """The share of faces found with a score of `MIN_SCORE`, by their size in pixels."""
    size = photographs.faces[:, SIZE]
    return _found_by(size, SIZES, ~photographs.ignored, matches)


def found_by_roll(photographs: PhotographDataset, matches: Matches) -> pd.DataFrame:
    """The same by how far the head is rolled, in degrees, of faces whose eyes are labelled."""
    right, left = photographs.faces[:, EYE_POINTS].reshape(-1, 2, 2).transpose(1, 0, 2)
    across, down = (left - right).T
    roll = np.degrees(np.abs(np.arctan2(down, across)))
    return _found_by(roll, ROLLS, scored_faces(photographs) & photographs.exact_eyes, matches)


def _found_by(
    values: NDArray[np.floating], bounds: Sequence[float], counted: NDArray[np.bool_],
    matches: Matches,
) -> pd.DataFrame:  # fmt: skip
    """The number of the counted faces, and the share found, between each two of the bounds."""
    rows = []
    for low, high in pairwise([*bounds, np.inf]):
        inside = counted & (values >= low) & (values < high)
        found = float(np.mean(matches.scores[inside] >= MIN_SCORE)) if inside.any() else np.nan
        rows.append({"from": low, "to": high, "faces": int(inside.sum()), "found": found})
    return pd.DataFrame(rows)


def write_detections(path: Path, detections: Sequence[Detections]) -> None:
    """Write the detections in each photograph as CSV, atomically."""
    counts = [len(each.scores) for each in detections]
    table = pd.DataFrame(np.concatenate([each.faces for each in detections]), columns=FACE_COLUMNS)
    table.insert(0, "photograph", np.repeat(np.arange(len(detections)), counts))
    table.insert(1, "score", np.concatenate([each.scores for each in detections]))
    write_table(path, table, "%.9g")  # exact for float32


def detections_of(table: pd.DataFrame, photographs: int) -> list[Detections]:
    """The detections in each photograph, as `write_detections` has written them.

    Raises ValueError for cells that are not numbers.
    """
    table = table[list(DETECTIONS)].astype(float)
    if not np.isfinite(table).all(axis=None):
        raise ValueError("a number is missing")
    picture = table["photograph"].to_numpy()
    scores = table["score"].to_numpy(np.float32)
    faces = table[list(FACE_COLUMNS)].to_numpy(np.float32)
    return [
        Detections(scores[picture == index], faces[picture == index])
        for index in range(photographs)
    ]
