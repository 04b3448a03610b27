"""Galleries of the faces that a network predicts worst, and of those whose labels look wrong."""

import textwrap

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.gallery import GALLERY_FACES, gallery

COMPARED = (
    "Lines join labels with predictions: a single long line is one wrong point, lines that cross "
    "are swapped sides, many parallel lines are another face, or a wrong prediction."
)
_CAPTION = 28
"""Characters of a caption's line."""


def worst_faces(predicted: NDArray[np.floating], faces: FaceDataset) -> Figure:
    """The faces with the largest RMSE per face, labels as dots, predictions as crosses.

    `predicted` is N x K x 3, here and below.
    """
    errors = rmse_by_face(predicted, faces)
    worst = worst_first(errors)[:GALLERY_FACES]
    shown = faces[worst]
    captions = [f"row {faces.ids[i]}: RMSE {errors[i]:.1f} px" for i in worst]
    return gallery(
        shown, captions, "Worst faces by out-of-fold RMSE",
        shown.where_labelled(predicted[worst]), note=COMPARED,
    )  # fmt: skip


def rmse_by_face(predicted: NDArray[np.floating], faces: FaceDataset) -> NDArray[np.float64]:
    """N, the RMSE of each face over its labelled coordinates, in pixels; NaN without any."""
    squares = (predicted[..., :2].astype(np.float64) - faces.keypoints) ** 2
    return np.asarray(np.ma.masked_invalid(squares).mean(axis=(1, 2)).filled(np.nan) ** 0.5)


def worst_first(errors: NDArray[np.float64]) -> NDArray[np.int64]:
    """The positions of the faces that have an error, N, from the largest to the smallest."""
    order = np.argsort(-errors, kind="stable")
    return order[np.isfinite(errors[order])]


def audit_gallery(
    predicted: NDArray[np.floating], faces: FaceDataset, table: pd.DataFrame
) -> Figure:
    """The faces with the largest scores in an audit's table, and its reasons."""
    top = table.head(GALLERY_FACES)
    position = pd.Index(faces.ids).get_indexer(pd.Index(top["row"]))
    shown = faces[position]
    captions = [
        f"row {entry.row}, score {entry.score:.0f}\n{textwrap.fill(str(entry.reason), _CAPTION)}"
        for entry in top.itertuples()
    ]
    return gallery(
        shown, captions, "Labels that out-of-fold predictions contradict most",
        shown.where_labelled(predicted[position]),
        note=f"The score is the largest distance, in expected errors. {COMPARED}",
    )  # fmt: skip
