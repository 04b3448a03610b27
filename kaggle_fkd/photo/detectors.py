"""Face detectors: any callables from a picture to the faces in it."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.errors import UsageError
from kaggle_fkd.imaging.boxes import expand_boxes, shrink_boxes
from kaggle_fkd.imaging.picture import grey_of
from kaggle_fkd.inference.detector import OnnxDetector
from kaggle_fkd.photo.detection.detect import classify, detect, probability
from kaggle_fkd.photo.detection.faces import CENTRE, EYE_POINTS, SIZE, squares
from kaggle_fkd.photo.face import DetectedFace

Detector = Callable[[NDArray[np.uint8]], NDArray[np.float64]]
"""From an H x W x 3 RGB picture to its N faces: N x 4, N x 5 or N x 9.

The first four numbers are a box, x0, y0, x1, y1 in pixels, x1 and y1 exclusive; it may extend
beyond the picture. It is the tight box of iBUG's points of the face, expanded on each side by 10 %
of its width and height. The fifth is the score, 0..1, the probability that this is a face; NaN if
it is unknown. The last four are x and y of the centres of the person's right and left eye.
"""
ROW_LENGTHS = (4, 5, 9)
"""The numbers of each face."""
MAX_COORDINATE, MIN_SIDE = 1e5, 1e-2
"""Limits in pixels of the distance from the picture's corner, and of a box's sides."""
MIN_SCORE = 0.8
"""Detections with lower scores, that is, lower confidence, are discarded as false positives. On 569
held-out photographs whose faces are all labelled, 842 of 921 faces are found so, with 11 false
positives; from 0.7 on, 846 and 19, from 0.9 on, 828 and 6."""


class FaceDetector:
    """Finds faces of any roll with an exported detector."""

    def __init__(self, network: OnnxDetector) -> None:
        self.network = network

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[np.float64]:
        """N x 9, as `Detector` gives it; the face with the highest score first."""
        found = detect(self.network, grey_of(picture), MIN_SCORE)
        boxes = expand_boxes(squares(found.faces))
        return np.concatenate([boxes, found.scores[:, None], found.faces[:, EYE_POINTS]], axis=1)

    def scores(self, grey: NDArray[np.uint8], faces: NDArray[np.float32]) -> NDArray[np.float32]:
        """F scores, 0..1: the probabilities that F candidates, F x 7, are faces.

        The candidates may come from another detector.
        """
        return probability(classify(self.network, grey, np.zeros(len(faces), np.float32), faces)[0])


def boxes_of_faces(faces: Sequence[DetectedFace]) -> NDArray[np.float64]:
    """N x 9, N faces as a detector would give them, without scores.

    The outer corners of the eyes stand for their centres: only their direction counts.
    """
    corners = [face.keypoints[list(face.scheme.eye_corners)].ravel() for face in faces]
    rows = [[*face.box, np.nan, *eyes] for face, eyes in zip(faces, corners, strict=True)]
    return np.array(rows).reshape(-1, 9)


def checked_boxes(found: Sequence[Sequence[float]] | NDArray[np.floating]) -> NDArray[np.float64]:
    """A copy of what a detector gives, N x 4, 5 or 9.

    Raises UsageError for other shapes, boxes without area or far away, and scores beyond 0..1.
    """
    try:
        array = np.array(found, np.float64)
        array = array.reshape(len(array), -1 if array.size else 4)
    except (TypeError, ValueError):
        array = np.empty((1, 0))
    if array.shape[1] not in ROW_LENGTHS:
        raise UsageError(
            "the boxes are not N x 4, N x 5 or N x 9 numbers",
            "give x0, y0, x1, y1 for each face, and if known its score and its eyes",
        )
    sides = array[:, 2:4] - array[:, :2]
    scores, places = array[:, 4:5], np.delete(array, np.s_[4:5], axis=1)
    usable = (np.abs(places) <= MAX_COORDINATE).all(axis=1) & (sides >= MIN_SIDE).all(axis=1)
    usable &= ((scores >= 0) & (scores <= 1) | np.isnan(scores)).all(axis=1)
    if not usable.all():
        number = int(np.flatnonzero(~usable)[0])
        raise UsageError(
            f"box {number}, {array[number].tolist()}, cannot be that of a face",
            f"give x0 < x1 and y0 < y1, within {MAX_COORDINATE:,.0f} pixels of the corner, and a "
            "score from 0 to 1, if any",
        )
    return array


def scores_of_boxes(found: NDArray[np.floating]) -> NDArray[np.float64]:
    """N scores of what a detector gives, N x 4, 5 or 9; NaN without scores."""
    if found.shape[1] == 4:
        return np.full(len(found), np.nan)
    return found[:, 4].astype(np.float64)


def faces_in_boxes(found: NDArray[np.floating]) -> NDArray[np.float64]:
    """N x 7 (see `kaggle_fkd.photo.detection.faces`) of what a detector gives, N x 4, 5 or 9.

    Without eyes, a face is upright.
    """
    tight = shrink_boxes(found[:, :4])
    sides = tight[:, 2:] - tight[:, :2]
    faces = np.empty((len(found), 7))
    faces[:, CENTRE] = (tight[:, :2] + tight[:, 2:] - 1) / 2
    faces[:, SIZE] = np.sqrt(sides.prod(axis=1))
    if found.shape[1] == 9:
        faces[:, EYE_POINTS] = found[:, 5:]
    else:
        across = 0.25 * faces[:, [SIZE]] * (1, 0)
        faces[:, EYE_POINTS] = np.hstack([faces[:, CENTRE] - across, faces[:, CENTRE] + across])
    return faces
