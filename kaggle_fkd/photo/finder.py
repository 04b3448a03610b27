"""`FaceKeypoints`: pictures in, faces with their keypoints out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from kaggle_fkd.errors import UsageError
from kaggle_fkd.imaging.chips import box_of_keypoints, box_overlap, similarity
from kaggle_fkd.imaging.picture import Source, grey_of, read_picture
from kaggle_fkd.keypoints import IBUG68, KAGGLE15, KeypointScheme
from kaggle_fkd.photo.detectors import Detector, HaarDetector
from kaggle_fkd.photo.face import DetectedFace
from kaggle_fkd.photo.pretrained import ChipNetworks, PretrainedCascade, read_pretrained
from kaggle_fkd.runs.run import Run, open_run
from kaggle_fkd.system.device import pick_device

MIN_CONFIDENCE = 0.5
"""Found faces of less are ghosts."""
MAX_COORDINATE, MIN_SIDE = 1e5, 1e-2
"""Pixels from the picture's corner to a box's, and of its sides: others are mistakes."""
NMS_IOU = 0.4
"""Found faces whose boxes overlap by more (IoU) are one."""


class FaceKeypoints:
    """Finds the faces of a picture and their keypoints.

        faces = FaceKeypoints().detect("family.jpg")

    The networks that come with the package look at each face, one after the other (see
    `PretrainedCascade.find`); those of a run of one's own look a third time, in their place.
    """

    def __init__(
        self,
        run: Run | Path | str | None = None,
        points: int | None = None,
        detector: Detector | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        """`run`, a run or its folder, gives the keypoints in place of the shipped network;
        `points` is 68 (the default without a run) or 15, Kaggle's. Raises RunError for a run that
        cannot be used, UsageError for other points than the run's."""
        self.device = pick_device(str(device))
        self.pretrained = PretrainedCascade(read_pretrained(), self.device)
        self.detector: Detector = HaarDetector() if detector is None else detector
        self.own: ChipNetworks | None = None
        if run is not None:
            run = run if isinstance(run, Run) else open_run(Path(run))
            self.own = ChipNetworks.from_run(run, self.device)
        self.scheme: KeypointScheme = self.own.scheme if self.own else IBUG68
        if points == len(KAGGLE15.names):  # which follow from the 68
            self.scheme = KAGGLE15
        elif points not in (None, len(self.scheme.names)):
            raise UsageError(
                f"{points} points: not what this network gives ({len(self.scheme.names)})",
                "name other points or another run",
            )

    def detect(
        self, image: Source, boxes: Sequence[Sequence[float]] | NDArray[np.floating] | None = None
    ) -> list[DetectedFace]:
        """The faces of one picture, the surest first; an empty list when there is none.

        With `boxes` (x0, y0, x1, y1, the latter two exclusive; they may stick out) nothing is
        searched for: exactly one Face per box, in their order, however unsure. Raises
        PictureError for what is no picture, UsageError for boxes that are none.
        """
        picture = read_picture(image)
        if boxes is not None:
            given = _checked(boxes)
            faces = self._faces([picture], [given])[0]
            return [replace(face, box=box) for face, box in zip(faces, given, strict=True)]
        return self.detect_many([picture])[0]

    def detect_near(
        self, image: Source, boxes: NDArray[np.floating], known: Sequence[DetectedFace] = ()
    ) -> list[DetectedFace]:
        """The faces in N x 4 boxes where faces were a moment ago, as in the frames of a video.

        Unlike those of `detect` with boxes they are sure ones alone, in boxes of their own, and
        none that is `known` already.
        """
        return _without_false_positives(self._faces([read_picture(image)], [boxes])[0], known)

    def detect_many(self, images: Iterable[Source]) -> list[list[DetectedFace]]:
        """The faces of each picture, as `detect` gives them; the networks look at all at once.

        Where a detector searches in stages, the next one is for pictures that have no face yet.
        All pictures are in memory at once: give some dozens at a time.
        """
        if isinstance(images, str | Path | np.ndarray | Image.Image):
            raise UsageError("detect_many: a single picture", "give a list, or call detect")
        pictures = [read_picture(image) for image in images]
        stages = [self._candidates(picture) for picture in pictures]
        found: list[list[DetectedFace]] = [[] for _ in pictures]
        waiting = list(range(len(pictures)))
        while waiting:
            candidates = {index: next(stages[index], None) for index in waiting}
            boxes = {index: part for index, part in candidates.items() if part is not None}
            faces = self._faces([pictures[index] for index in boxes], list(boxes.values()))
            for index, those in zip(boxes, faces, strict=True):
                found[index] = _without_false_positives(those)
            waiting = [index for index in boxes if not found[index]]
        return found

    def _candidates(self, picture: NDArray[np.uint8]) -> Iterator[NDArray[np.float64]]:
        """The detector's boxes, stage by stage where it has stages."""
        if isinstance(self.detector, HaarDetector):
            return self.detector.stages(picture)
        return iter([_checked(self.detector(picture))])

    def chip(self, face: DetectedFace) -> NDArray[np.uint8]:
        """S x S grey, a face that `detect` found as the last network to look at it sees it."""
        grey = grey_of(face.picture)
        keypoints = self.pretrained.find([grey], face.box[None])[0]
        if self.own is None:
            return self.pretrained.chip(grey, keypoints[0])
        return self.own.chip(grey, _as(self.own.scheme, keypoints)[0])

    def _faces(
        self, pictures: Sequence[NDArray[np.uint8]], boxes: Sequence[NDArray[np.floating]]
    ) -> list[list[DetectedFace]]:
        """A Face for each of the boxes, N x 4, of each picture."""
        where = [index for index, part in enumerate(boxes) for _ in part]
        if not where:
            return [[] for _ in pictures]
        greys = [grey_of(picture) for picture in pictures]
        seen = [greys[index] for index in where]
        keypoints, face_features = self.pretrained.find(seen, np.concatenate(boxes))
        confidence, frames = self.pretrained.confidence(face_features), box_of_keypoints(keypoints)
        if self.own:
            start = _as(self.own.scheme, keypoints)
            keypoints = self.own.predict(seen, similarity(start, self.own.mean_shape))
        keypoints = _as(self.scheme, keypoints)
        faces: list[list[DetectedFace]] = [[] for _ in pictures]
        for index, *found in zip(where, frames, keypoints, confidence, strict=True):
            box, points, sure = found
            faces[index].append(
                DetectedFace(box, points, float(sure), self.scheme, pictures[index])
            )
        return faces


def _without_false_positives(
    faces: list[DetectedFace], known: Sequence[DetectedFace] = ()
) -> list[DetectedFace]:
    """The faces that are neither ghosts nor `known`, each once, the surest first."""
    sure = [face for face in faces if face.confidence >= MIN_CONFIDENCE]
    kept: list[DetectedFace] = []
    for face in sorted(sure, key=lambda face: -face.confidence):
        others = np.array([other.box for other in (*known, *kept)]).reshape(-1, 4)
        if not (box_overlap(face.box[None], others) > NMS_IOU).any():
            kept.append(face)
    return kept


def _as(scheme: KeypointScheme, keypoints: NDArray[np.float64]) -> NDArray[np.float64]:
    """N x K x 2 keypoints as that scheme has them: Kaggle's 15 follow from the 68."""
    if keypoints.shape[1] == len(IBUG68.names):
        return scheme.from_ibug68(keypoints).astype(np.float64)
    return keypoints


def _checked(boxes: Sequence[Sequence[float]] | NDArray[np.floating]) -> NDArray[np.float64]:
    """N x 4; UsageError for boxes without area, of other shapes, or not of numbers."""
    try:
        array = np.asarray(boxes, np.float64).reshape(len(boxes), 4)
    except (TypeError, ValueError):
        raise UsageError("boxes: not N x 4 numbers", "give x0, y0, x1, y1 for each face") from None
    sides = array[:, 2:] - array[:, :2]
    usable = (np.abs(array) <= MAX_COORDINATE).all(axis=1) & (sides >= MIN_SIDE).all(axis=1)
    if not usable.all():
        number = int(np.flatnonzero(~usable)[0])
        raise UsageError(
            f"box {number}, {array[number].tolist()}: not the box of a face",
            f"x0 < x1 and y0 < y1, within {MAX_COORDINATE:,.0f} pixels of the picture's corner",
        )
    return array
