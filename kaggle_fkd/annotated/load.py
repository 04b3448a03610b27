"""`load_annotated`: annotated pictures from folders and zips, as aligned chips to train on."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kaggle_fkd.annotated.coco import read_coco
from kaggle_fkd.annotated.picture import AnnotatedPicture
from kaggle_fkd.annotated.pts import read_pts
from kaggle_fkd.annotated.tree import FileTree
from kaggle_fkd.annotated.udacity import read_udacity
from kaggle_fkd.dataset import FaceDataset, connected
from kaggle_fkd.errors import NoDataError
from kaggle_fkd.imaging.chips import cut_chip
from kaggle_fkd.imaging.picture import grey_of
from kaggle_fkd.imaging.similarity import similarity, transform_points
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.system.text import count_of

CHIP_OVER_SHAPE = 1.25
"""A chip's side divided by the longer side of the mean shape in it."""
ROUNDS = 5
"""Procrustes rounds; after the third, the mean of 5135 faces moves less than 0.0001 pixels."""


def load_annotated(
    paths: Iterable[Path], scheme: KeypointScheme, size: int, margin: int, part: str = "training"
) -> FaceDataset:
    """The faces in any mix of folders and zips, cropped as `crop_faces` does.

    Frames in Udacity's layout, pictures with `.pts` files, and faces in COCO files are found at any
    depth. `part` is "training" or "test": Udacity's layout has both, and only the one that is named
    is read. Faces that a network labelled are left out where people labelled the same file. Raises
    NoDataError without paths and for a path without annotated pictures, DataError for the first
    wrong annotation or picture.
    """
    return crop_faces(find_training_pictures(paths, scheme, part), scheme, size, margin)


def find_training_pictures(
    paths: Iterable[Path], scheme: KeypointScheme, part: str = "training"
) -> Sequence[AnnotatedPicture]:
    """The pictures whose faces `load_annotated` returns, in its order; raises what it raises."""
    return _labelled_once([each for path in paths for each in find_pictures(path, scheme, part)])


def find_pictures(
    path: Path, scheme: KeypointScheme, part: str = "training"
) -> list[AnnotatedPicture]:
    """The annotated pictures of one folder or zip; raises what `load_annotated` raises."""
    tree = FileTree(path)
    pictures = [
        *read_udacity(tree, part, scheme), *read_pts(tree, scheme), *read_coco(tree, scheme)
    ]  # fmt: skip
    if not pictures:
        raise NoDataError(
            f"{path} contains neither rows in a {part}_frames_keypoints.csv, nor .pts files, nor "
            "faces in a JSON file of COCO keypoints",
            "name a folder or a zip that has pictures with one of them",
        )
    log.info("%s: %s", path, count_of(len(pictures), "annotated face"))
    return pictures


def find_labelled_by_people(
    path: Path, scheme: KeypointScheme, part: str = "training"
) -> list[AnnotatedPicture]:
    """What `find_pictures` finds, without faces that a network labelled.

    NoDataError if it labelled all of them.
    """
    pictures = [each for each in find_pictures(path, scheme, part) if not each.predicted]
    if not pictures:
        raise NoDataError(
            f"{path}: a network labelled all of its faces, for their annotations have a score",
            "name a set that people labelled; remove the score of faces that they have corrected",
        )
    return pictures


def _labelled_once(pictures: Sequence[AnnotatedPicture]) -> Sequence[AnnotatedPicture]:
    """The pictures without those that a network labelled where people labelled an equal file.

    A network would be trained on the former while it holds out the latter.
    """
    if not any(picture.predicted for picture in pictures):
        return pictures
    by_people = {picture.digest for picture in pictures if not picture.predicted}
    kept = [each for each in pictures if not each.predicted or each.digest not in by_people]
    if left_out := len(pictures) - len(kept):
        count = count_of(left_out, "face")
        log.info("%s that a network labelled left out: people labelled the same pictures", count)
    return kept


def crop_faces(
    pictures: Sequence[AnnotatedPicture], scheme: KeypointScheme, size: int, margin: int
) -> FaceDataset:
    """One grey chip for each picture, `size + 2 margin` pixels square, with its keypoints.

    Each face is turned, scaled and shifted so that its keypoints lie on `mean_shape` as closely
    as possible (least squares). Faces in equal files count as one person's. Pictures are decoded
    one by one; DataError names a damaged one. Raises NoDataError without pictures.
    """
    if not pictures:
        raise NoDataError("there are no annotated pictures", "give folders or zips that have some")
    shapes = np.stack([picture.keypoints for picture in pictures])
    matrices = similarity(shapes, mean_shape(shapes, scheme, size) + margin)
    side = size + 2 * margin
    images = np.empty((len(pictures), side, side), np.uint8)
    for index, picture in enumerate(progress(pictures, "cropping faces")):
        images[index] = cut_chip(grey_of(picture.load()), matrices[index], side)
    subject, file = (
        pd.factorize(np.array(values))[0]
        for values in ([each.subject for each in pictures], [each.digest for each in pictures])
    )
    predicted = np.array([picture.predicted for picture in pictures])
    return FaceDataset(
        scheme,
        images,
        transform_points(matrices, shapes).astype(np.float32),
        convention=np.array([_convention(picture, scheme) for picture in pictures], np.int8),
        ids=np.arange(len(pictures)),
        subject=connected(file, subject),
        predicted=predicted if predicted.any() else None,
        margin=margin,
    )


def _convention(picture: AnnotatedPicture, scheme: KeypointScheme) -> int:
    """The index of the picture's convention in the scheme; 0 for a scheme without it."""
    names = [convention.name for convention in scheme.conventions]
    return names.index(picture.convention) if picture.convention in names else 0


def mean_shape(
    shapes: NDArray[np.floating], scheme: KeypointScheme, size: int
) -> NDArray[np.float64]:
    """K x 2, the mean of N x K x 2 faces, in the middle of a chip of `size` pixels.

    Generalised Procrustes analysis (Gower 1975), which starts from the faces' bounding boxes.
    Each face counts together with its mirror image: so the mean is symmetrical and upright.
    """
    aligned = np.stack([_boxed(shape, 1) for shape in shapes])
    for _ in range(ROUNDS):
        mean = _boxed(_symmetrical(aligned.mean(axis=0), scheme), size / CHIP_OVER_SHAPE)
        aligned = transform_points(similarity(shapes, mean), shapes)
    return mean + (size - 1) / 2


def _boxed(shape: NDArray[np.floating], longer: float) -> NDArray[np.float64]:
    """The shape, K x 2, scaled to a tight box around 0 whose longer side is `longer`."""
    low, high = shape.min(axis=0), shape.max(axis=0)
    return np.asarray((shape - (low + high) / 2) * longer / (high - low).max(), np.float64)


def _symmetrical(shape: NDArray[np.floating], scheme: KeypointScheme) -> NDArray[np.float64]:
    """The mean of a shape around 0, K x 2, and its mirror image."""
    return np.asarray((shape + shape[list(scheme.flip_order)] * (-1, 1)) / 2, np.float64)
