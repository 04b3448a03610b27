"""A gallery of predicted faces."""

from dataclasses import replace

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.gallery import GALLERY_FACES, gallery
from kaggle_fkd.system.text import count_of


def prediction_gallery(faces: FaceDataset, predicted: NDArray[np.float32], title: str) -> Figure:
    """Faces at equal intervals among the N predicted faces, with their convention's keypoints.

    `predicted` is N x K x 3; each caption has the mean of the face's expected errors.
    """
    shown = spread(len(faces))
    chosen = faces[shown]
    marked = np.where(chosen.marked[:, :, None], predicted[shown], np.nan)
    names = [faces.scheme.conventions[index].name for index in chosen.convention]
    captions = [
        f"image {id_} ({name}): {error:.1f} px"
        for id_, name, error in zip(chosen.ids, names, np.nanmean(marked[..., 2], 1), strict=True)
    ]
    return gallery(
        replace(chosen, keypoints=marked[..., :2]), captions, title,
        note=f"Predicted keypoints on {count_of(len(chosen), 'face')} at equal intervals, in the "
        "convention (A, B) that is asked for. The number is the error that the network expects.",
    )  # fmt: skip


def spread(count: int) -> NDArray[np.int64]:
    """Up to GALLERY_FACES positions at equal intervals among `count` faces."""
    return np.unique(np.linspace(0, count - 1, GALLERY_FACES).astype(np.int64))
