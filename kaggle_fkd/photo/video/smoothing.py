"""`Smoother`: the faces of a video over time, without jitter and without visible lag."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.imaging.boxes import box_overlap
from kaggle_fkd.imaging.similarity import similarity
from kaggle_fkd.photo.face import DetectedFace
from kaggle_fkd.photo.head_model import head_points

# Lengths are in distances of the outer eye corners, so that near and far faces are treated alike.
MIN_CUTOFF = 0.7
"""Hz, the cut-off of the low-pass filter for a point at rest."""
BETA = 5.0
"""Hz by which the cut-off rises for each eye distance per second."""
SPEED_CUTOFF = 1.5
"""Hz, the cut-off of the low-pass filter on the speed."""
MAX_LAG = 0.04
"""Greatest distance of a smoothed point from where it was measured."""
USUAL_ERROR = 0.04
"""The expected error of a keypoint up to which it is smoothed as usual; one with twice as much has
half the cut-off."""
MIN_IOU = 0.3
"""Minimum overlap (IoU) of the boxes of one face in two frames."""
PATIENCE = 0.3
"""Seconds for which a lost face is remembered."""
MIN_INTERVAL = 1e-3
"""Seconds between two frames, at least: some videos have two frames at the same time."""


@dataclass(frozen=True)
class _Track:
    """A face as it was last seen, with the two corners of its box as keypoints K and K + 1."""

    face: DetectedFace
    """As detected, with its number."""
    measured: NDArray[np.float64]
    """(K + 2) x 2, pixels, as detected."""
    smooth: NDArray[np.float64]
    """(K + 2) x 2, pixels, smoothed."""
    speed: NDArray[np.float64]
    """(K + 2) x 2, eye distances per second, smoothed."""
    time: float
    """Seconds, when it was seen."""


class Smoother:
    """The one-euro filter (Casiez, Roussel and Vogel 2012) on each keypoint of each face.

    Faces are matched from frame to frame by the overlap of their boxes (IoU). The faster a point
    moves, the less it is smoothed; the larger its expected error is, the more. It never lags by
    more than MAX_LAG times the distance of the outer eye corners.
    """

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._numbers = 0

    def smooth(self, faces: Sequence[DetectedFace], time: float) -> list[DetectedFace]:
        """The faces of the next frame, in the same order, with smoothed keypoints and boxes.

        `time` is the frame's, in seconds from any moment. Each face has a number, from 1, which it
        keeps.
        """
        before = self._matching(faces)
        now = [self._follow(face, track, time) for face, track in zip(faces, before, strict=True)]
        followed = {id(track) for track in before}
        self._tracks = now + [
            track for track in self._tracks
            if id(track) not in followed and time - track.time < PATIENCE
        ]  # fmt: skip
        return [
            replace(track.face, keypoints=track.smooth[:-2], box=track.smooth[-2:].ravel())
            for track in now
        ]

    def remembered(self) -> list[DetectedFace]:
        """The faces of the frames of a moment, as they were last measured."""
        return [track.face for track in self._tracks]

    def _matching(self, faces: Sequence[DetectedFace]) -> list[_Track | None]:
        """For each face the track that it continues; None for a new face.

        The pairs with the largest overlap are taken first.
        """
        matches: list[_Track | None] = [None] * len(faces)
        if faces and self._tracks:
            known = np.array([track.face.box for track in self._tracks])
            overlap = box_overlap(np.array([face.box for face in faces]), known)
            while overlap.max() >= MIN_IOU:
                face, track = map(int, np.unravel_index(overlap.argmax(), overlap.shape))
                matches[face] = self._tracks[track]
                overlap[face], overlap[:, track] = 0, 0
        return matches

    def _new_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _follow(self, face: DetectedFace, before: _Track | None, time: float) -> _Track:
        # The corners of the box are smoothed like two more keypoints.
        measured = np.concatenate([face.keypoints, face.box.reshape(2, 2)])
        face = replace(face, number=self._new_number() if before is None else before.face.number)
        if before is None:
            return _Track(face, measured, measured, np.zeros_like(measured), time)
        interval = max(time - before.time, MIN_INTERVAL)
        front = head_points(face.scheme)[:, :2]
        unit = max(float(np.hypot(*similarity(front, face.keypoints)[:, 0])), 1e-6)
        speed = (measured - before.measured) / (interval * unit)
        speed = before.speed + _weight(SPEED_CUTOFF, interval) * (speed - before.speed)
        doubt = np.concatenate([face.errors / (USUAL_ERROR * unit), [1, 1]]).clip(1)[:, None]
        cutoff = (MIN_CUTOFF + BETA * np.linalg.norm(speed, axis=1, keepdims=True)) / doubt
        smooth = before.smooth + _weight(cutoff, interval) * (measured - before.smooth)
        lag = smooth - measured
        distance = np.linalg.norm(lag, axis=1, keepdims=True)
        smooth = measured + lag * np.minimum(1, MAX_LAG * unit / np.maximum(distance, 1e-9))
        return _Track(face, measured, smooth, speed, time)


def _weight(cutoff: NDArray[np.float64] | float, interval: float) -> NDArray[np.float64]:
    """The weight of a new value in a low-pass filter of that cut-off, `interval` seconds apart."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * np.asarray(cutoff) * interval)))
