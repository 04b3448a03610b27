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

from kaggle_fkd.figures.style import PALETTE, new_figure, save_figure
from kaggle_fkd.imaging.boxes import box_overlap
from kaggle_fkd.photo.detection.dataset import CENTRE, SIZE, PhotographDataset
from kaggle_fkd.photo.detection.detect import Detections, squares
from kaggle_fkd.system.files import write_json, write_text

FOUND_IOU = 0.35
"""A face is found if its square and that of a detection overlap by more than this (IoU)."""
LEAST_SCORE = 0.05
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
        overlap = box_overlap(squares(found.faces), squares(faces))
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
    wanted = ~photographs.ignored & (photographs.faces[:, SIZE] >= LEAST_SIZE)
    thresholds = np.round(np.arange(LEAST_SCORE, 1, 0.05), 2)
    curve = pd.DataFrame({
        "score": thresholds,
        "found": [float(np.mean(matches.scores[wanted] >= each)) for each in thresholds],
        "false_positives": [int((matches.false_positives >= each).sum()) for each in thresholds],
    })  # fmt: skip
    write_text(folder / "curve.csv", curve.to_csv(index=False, float_format="%.6g"))
    write_text(folder / "sizes.csv", _by_size(photographs, matches).to_csv(index=False))
    write_json(
        folder / "evaluation.json",
        {**summary, "faces": int(wanted.sum()), "photographs": len(photographs),
         "curve": curve.to_dict("records")},
    )  # fmt: skip
    save_figure(_curve_figure(curve, int(wanted.sum()), len(photographs)), folder / "curve.png")
    rows = curve[curve["score"].isin([0.3, 0.5, 0.7])]
    return [
        f"score {row.score:.1f}: {row.found:.1%} of {int(wanted.sum())} faces found, "
        f"{row.false_positives} false positives in {len(photographs)} photographs"
        for row in rows.itertuples()
    ]


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
        xlabel=f"false positives in {photographs} photographs",
        ylabel=f"faces found, of {faces} (%)", xscale="symlog", xlim=(-0.3, None),
        title=f"Faces of {LEAST_SIZE:.0f} pixels and more, out of fold, by the least score",
    )  # fmt: skip
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)
    return figure


def _by_size(photographs: PhotographDataset, matches: Matches) -> pd.DataFrame:
    """The share of faces found with a score of 0.5, by their size."""
    size, bounds = photographs.faces[:, SIZE], [*SIZES, np.inf]
    rows = []
    for low, high in pairwise(bounds):
        inside = ~photographs.ignored & (size >= low) & (size < high)
        found = float(np.mean(matches.scores[inside] >= 0.5)) if inside.any() else np.nan
        rows.append({"from": low, "to": high, "faces": int(inside.sum()), "found": found})
    return pd.DataFrame(rows)
