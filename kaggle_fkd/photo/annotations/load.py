"""`load_points68`: annotated pictures, wherever they lie, as upright chips to train on."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import NoDataError
from kaggle_fkd.imaging.chips import cut_chip, similarity, transform_points
from kaggle_fkd.imaging.picture import grey_of
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.photo.annotations.files import FileTree
from kaggle_fkd.photo.annotations.formats import AnnotatedPicture, read_pts, read_udacity
from kaggle_fkd.system.console import log, progress

ROOM = 1.25
"""A chip's side over the longer side of the mean face in it."""
ROUNDS = 5
"""Procrustes rounds; after the third, the mean of 5135 faces moves less than 0.0001 pixels."""


def crop_faces(pictures: Sequence[AnnotatedPicture], size: int, margin: int) -> FaceDataset:
    """One grey chip a picture, `size + 2 margin` pixels square, with its keypoints.

    Each is turned, scaled and shifted so that its keypoints lie on `mean_shape` as well as they
    can (least squares). Pictures are decoded one by one; DataError names a damaged one.
    """
    shapes = np.stack([picture.keypoints for picture in pictures])
    matrices = similarity(shapes, mean_shape(shapes, size) + margin)
    side = size + 2 * margin
    images = np.empty((len(pictures), side, side), np.uint8)
    for index, picture in enumerate(progress(pictures, "cropping faces")):
        images[index] = cut_chip(grey_of(picture.load()), matrices[index], side)
    subject, _ = pd.factorize(np.array([picture.subject for picture in pictures]))
    return FaceDataset(
        IBUG68,
        images,
        transform_points(matrices, shapes).astype(np.float32),
        convention=np.zeros(len(pictures), np.int8),
        ids=np.arange(len(pictures)),
        subject=subject.astype(np.int64),
        margin=margin,
    )


def mean_shape(shapes: NDArray[np.floating], size: int) -> NDArray[np.float64]:
    """68 x 2, the mean of N x 68 x 2 faces in the middle of a chip of `size` pixels.

    Generalised Procrustes analysis (Gower 1975), which starts from the faces' boxes. Each face
    counts together with its mirror image: the mean is symmetrical, and so it is upright.
    """
    aligned = np.stack([_boxed(shape, 1) for shape in shapes])
    for _ in range(ROUNDS):
        mean = _boxed(_symmetrical(aligned.mean(axis=0)), size / ROOM)
        aligned = transform_points(similarity(shapes, mean), shapes)
    return mean + (size - 1) / 2


def _boxed(shape: NDArray[np.floating], longer: float) -> NDArray[np.float64]:
    """The shape, K x 2, scaled to a tight box of that longer side around 0."""
    low, high = shape.min(axis=0), shape.max(axis=0)
    return np.asarray((shape - (low + high) / 2) * longer / (high - low).max(), np.float64)


def _symmetrical(shape: NDArray[np.floating]) -> NDArray[np.float64]:
    """The mean of a shape around 0, K x 2, and its mirror image."""
    return np.asarray((shape + shape[list(IBUG68.flip_order)] * (-1, 1)) / 2, np.float64)


def youtube68_in(data_dir: Path) -> Path:
    """Where Udacity's frames are, or go: a folder youtube68, or else youtube68.zip."""
    folder = data_dir / "youtube68"
    return folder if folder.is_dir() else folder.with_suffix(".zip")


def load_points68(
    paths: Iterable[Path], size: int, margin: int, part: str = "training"
) -> FaceDataset:
    """The faces in any mix of folders and zips, cut as `crop_faces` does.

    Frames in Udacity's layout and pictures with `.pts` files are found at any depth. `part` is
    that of Udacity's layout, whose published test frames are read only when asked for.
    Raises NoDataError for a path without any, DataError for the first thing that is wrong.
    """
    pictures = [picture for path in paths for picture in find_pictures(path, part)]
    return crop_faces(pictures, size, margin)


def find_pictures(path: Path, part: str = "training") -> list[AnnotatedPicture]:
    """The annotated pictures of one folder or zip; raises as `load_points68` does."""
    tree = FileTree(path)
    pictures = [*read_udacity(tree, part), *read_pts(tree)]
    if not pictures:
        raise NoDataError(
            f"{path}: no rows of a {part}_frames_keypoints.csv below it, and no .pts files",
            "name the folder, or the zip itself, of youtube68 or of pictures with .pts files",
        )
    log.info("%s: %d annotated pictures", path, len(pictures))
    return pictures
