"""A gallery of predicted faces."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.gallery import GALLERY_FACES, gallery


def prediction_gallery(faces: FaceDataset, predicted: NDArray[np.float32], title: str) -> Figure:
    """Faces at equal intervals among the N predicted faces, with their convention's keypoints.

    `predicted` is N x K x 3.
    """
    shown = spread(len(faces))
    chosen = faces[shown]
    marked = np.where(chosen.marked[:, :, None], predicted[shown], np.nan)
    names = [faces.scheme.conventions[index].name for index in chosen.convention]
    captions = [f"image {id_} ({name})" for id_, name in zip(chosen.ids, names, strict=True)]
    return gallery(chosen, captions, title, marked)


def spread(count: int) -> NDArray[np.int64]:
    """Up to GALLERY_FACES positions at equal intervals among `count` faces."""
    return np.unique(np.linspace(0, count - 1, GALLERY_FACES).astype(np.int64))
