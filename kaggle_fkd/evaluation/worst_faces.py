"""Galleries of the faces that a network predicts worst, and of those whose labels look wrong."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.gallery import GALLERY_FACES, gallery


def worst_faces(predicted: NDArray[np.floating], faces: FaceDataset) -> Figure:
    """The faces with the largest RMSE per face, labels as dots, predictions as crosses.

    `predicted` is N x K x 3, here and below.
    """
    squares = (predicted[..., :2].astype(np.float64) - faces.keypoints) ** 2
    by_face = np.ma.masked_invalid(squares).mean(axis=(1, 2)).filled(-1)
    worst = np.argsort(by_face, kind="stable")[::-1][:GALLERY_FACES]
    worst = worst[by_face[worst] >= 0]
    captions = [f"row {faces.ids[i]}: {np.sqrt(by_face[i]):.1f} px" for i in worst]
    return gallery(
        faces[worst], captions, "Worst faces by out-of-fold RMSE",
        np.where(faces.labelled[worst][..., None], predicted[worst], np.nan),
    )  # fmt: skip


def audit_gallery(
    predicted: NDArray[np.floating], faces: FaceDataset, table: pd.DataFrame
) -> Figure:
    """The faces with the largest scores in an audit's table, and its reasons."""
    top = table.head(GALLERY_FACES)
    shown = pd.Index(faces.ids).get_indexer(pd.Index(top["row"]))
    captions = [
        f"row {entry.row}, score {entry.score:.0f}\n{entry.reason}" for entry in top.itertuples()
    ]
    return gallery(
        faces[shown], captions, "Labels that out-of-fold predictions contradict most",
        np.where(faces.labelled[shown][..., None], predicted[shown], np.nan),
    )  # fmt: skip
