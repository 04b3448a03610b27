"""The score of a detector: faces found, and boxes where there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.annotated.detection.dataset import PhotographDataset
from kaggle_fkd.annotated.detection.targets import FOUND_IOU
from kaggle_fkd.figures.palette import PALETTE
from kaggle_fkd.figures.style import new_figure, save_figure
from kaggle_fkd.photo.detection.detect import Detections
from kaggle_fkd.photo.detection.faces import CENTRE, SIZE, overlaps
from kaggle_fkd.photo.detectors import LEAST_SCORE
from kaggle_fkd.system.files import write_json, write_text
from kaggle_fkd.system.text import count_of

CURVE_START = 0.05
"""Detections below this score are not part of the curve."""
SIZES = (0, 12, 24, 48, 96)
"""Bounds in pixels of the rows of the table."""
LEAST_SIZE = 12.0
"""Size in pixels from which faces count in the overall figures: 16 pixels from forehead to chin."""


@dataclass(frozen=True)
class Matches:
    """What the detections in photographs are worth."""

    scores: NDArray[np.float64]
    """F, the score with which each labelled face was found; 0: it was not."""
    false_positives: NDArray[np.float64]
    """The scores of detections where no face is."""


def scored_faces(photographs: PhotographDataset) -> NDArray[np.bool_]:
    """F, the faces that count in the overall figures."""
    return ~photographs.ignored & (photographs.faces[:, SIZE] >= LEAST_SIZE)


def match(photographs: PhotographDataset, detections: Sequence[Detections]) -> Matches:
    """Match the detections in each photograph with its faces, the most certain first.

    Each face is found once. A detection on an ignored face, or in a photograph whose faces are not
    all labelled, is not counted as a false positive.
    """
    scores, wrong = np.zeros(len(photographs.faces)), []
    for rows, found, complete in zip(
        photographs.faces_of, detections, photographs.complete, strict=True
    ):
        faces = photographs.faces[rows]
        overlap = overlaps(found.faces, faces)
        ignored = photographs.ignored[rows]
        for score, detection, row in zip(found.scores, found.faces, overlap, strict=True):
            free = np.where(ignored | (scores[rows] > 0), 0, row)
            best = int(free.argmax()) if len(free) else -1
            if best >= 0 and free[best] > FOUND_IOU:
                scores[rows[best]] = score
                continue
            distance = np.linalg.norm(faces[:, CENTRE] - detection[CENTRE], axis=1)
            if complete and not (ignored & (distance < faces[:, SIZE])).any():
                wrong.append(float(score))
    return Matches(scores, np.array(wrong))


def write_detection(
    folder: Path, photographs: PhotographDataset, detections: Sequence[Detections],
    summary: Mapping[str, Any],
) -> list[str]:  # fmt: skip
    """Write the curve and the table of out-of-fold detections; the result in a few lines."""
    matches = match(photographs, detections)
    wanted = scored_faces(photographs)
    thresholds = np.round(np.arange(CURVE_START, 1, 0.05), 2)
    curve = pd.DataFrame({
        "score": thresholds,
        "found": [float(np.mean(matches.scores[wanted] >= each)) for each in thresholds],
        "false_positives": [int((matches.false_positives >= each).sum()) for each in thresholds],
    })  # fmt: skip
    write_text(folder / "curve.csv", curve.to_csv(index=False, float_format="%.6g"))
    write_text(folder / "sizes.csv", _by_size(photographs, matches).to_csv(index=False))
    faces, complete = int(wanted.sum()), int(photographs.complete.sum())
    write_json(
        folder / "evaluation.json",
        {**summary, "faces": faces, "photographs": len(photographs),
         "completely_labelled_photographs": complete, "score": LEAST_SCORE,
         "found": _found(curve, LEAST_SCORE)[0], "curve": curve.to_dict("records")},
    )  # fmt: skip
    save_figure(_curve_figure(curve, faces, complete), folder / "curve.png")
    lines = []
    for score in (0.3, 0.5, LEAST_SCORE):
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


def _curve_figure(curve: pd.DataFrame, faces: int, photographs: int) -> Figure:
    """Faces found against false positives, with the least score beside every second point."""
    figure = new_figure(6, 4.5)
    axes = figure.subplots()
    found = 100 * curve["found"]
    axes.plot(curve["false_positives"], found, color=PALETTE[0], marker="o", markersize=4)
    for score, x, y in list(zip(curve["score"], curve["false_positives"], found, strict=True))[
        1::2
    ]:
        axes.annotate(f"{score:.1f}", (x, y), (5, -9), textcoords="offset points", fontsize=8)
    axes.set(
        xlabel=f"false positives in {count_of(photographs, 'completely labelled photograph')}",
        ylabel=f"faces found, of {faces} (%)", xscale="symlog", xlim=(-0.3, None),
        title=f"Faces of {LEAST_SIZE:.0f} pixels and more, out of fold, by the least score",
    )  # fmt: skip
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)
    return figure


def _by_size(photographs: PhotographDataset, matches: Matches) -> pd.DataFrame:
    """The share of faces found with a score of `LEAST_SCORE`, by their size."""
    size, bounds = photographs.faces[:, SIZE], [*SIZES, np.inf]
    rows = []
    for low, high in pairwise(bounds):
        inside = ~photographs.ignored & (size >= low) & (size < high)
        found = float(np.mean(matches.scores[inside] >= LEAST_SCORE)) if inside.any() else np.nan
        rows.append({"from": low, "to": high, "faces": int(inside.sum()), "found": found})
    return pd.DataFrame(rows)
