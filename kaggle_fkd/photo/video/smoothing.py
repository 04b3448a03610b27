"""Keypoints over time: a video's faces without jitter, and without visible lag."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from kaggle_fkd.imaging.chips import box_overlap, similarity
from kaggle_fkd.photo.face import DetectedFace
from kaggle_fkd.photo.head_model import head_points

# All in distances of the outer eye corners, so that near and far faces are treated alike.
MIN_CUTOFF = 0.7
"""Hz, the low-pass filter's cut-off for a point at rest."""
BETA = 5.0
"""By how many Hz the cut-off rises with each eye distance a second."""
SPEED_CUTOFF = 1.5
"""Hz, the cut-off of the low-pass filter on the speed."""
MAX_LAG = 0.04
"""No point is ever farther than this from where it was measured."""
MIN_IOU = 0.3
"""Boxes of one face in two frames overlap by at least this much."""
PATIENCE = 0.3
"""Seconds for which a face that is not found is remembered."""


@dataclass(frozen=True)
class _Track:
    """A face as it was last seen."""

    box: NDArray[np.float64]
    measured: NDArray[np.float64]
    smooth: NDArray[np.float64]
    speed: NDArray[np.float64]
    time: float


class Smoother:
    """The one-euro filter (Casiez, Roussel and Vogel 2012) on each keypoint of each face.

    Faces are matched from frame to frame by the overlap of their boxes (IoU). The faster a point
    moves the less it is smoothed; and it never lags by more than MAX_LAG of the distance of the
    outer eye corners.
    """

    def __init__(self, rate: float) -> None:
        """`rate`: frames a second."""
        self._interval = 1 / rate
        self._time = 0.0
        self._tracks: list[_Track] = []

    def smooth(self, faces: Sequence[DetectedFace]) -> list[DetectedFace]:
        """The faces of the next frame, in their order, with smoothed keypoints and boxes."""
        self._time += self._interval
        before = self._matching(faces)
        now = [self._follow(face, track) for face, track in zip(faces, before, strict=True)]
        followed = {id(track) for track in before}
        self._tracks = now + [
            track for track in self._tracks
            if id(track) not in followed and self._time - track.time < PATIENCE
        ]  # fmt: skip
        return [
            replace(face, keypoints=track.smooth[:-2], box=track.smooth[-2:].ravel())
            for face, track in zip(faces, now, strict=True)
        ]

    def lost(self, faces: Sequence[DetectedFace]) -> NDArray[np.float64]:
        """N x 4, the boxes that faces were in a moment ago, and none of the next frame's is in."""
        known = np.array([track.box for track in self._tracks]).reshape(-1, 4)
        found = np.array([face.box for face in faces]).reshape(-1, 4)
        return known[~(box_overlap(known, found) >= MIN_IOU).any(axis=1)]

    def _matching(self, faces: Sequence[DetectedFace]) -> list[_Track | None]:
        """For each face the track that it continues; None for a new one."""
        matches: list[_Track | None] = [None] * len(faces)
        if faces and self._tracks:
            known = np.array([track.box for track in self._tracks])
            overlap = box_overlap(np.array([face.box for face in faces]), known)
            for face, track in zip(*linear_sum_assignment(-overlap), strict=True):
                candidate = self._tracks[track]
                same_points = len(candidate.smooth) == len(faces[face].keypoints) + 2
                if overlap[face, track] >= MIN_IOU and same_points:
                    matches[face] = candidate
        return matches

    def _follow(self, face: DetectedFace, before: _Track | None) -> _Track:
        # The box's corners are smoothed like two keypoints more.
        measured = np.concatenate([face.keypoints, face.box.reshape(2, 2)])
        if before is None:
            return _Track(face.box, measured, measured, np.zeros_like(measured), self._time)
        interval = self._time - before.time
        front = head_points(face.scheme)[:, :2]
        unit = max(float(np.hypot(*similarity(front, face.keypoints)[:, 0])), 1e-6)
        speed = (measured - before.measured) / (interval * unit)
        speed = before.speed + _share(SPEED_CUTOFF, interval) * (speed - before.speed)
        cutoff = MIN_CUTOFF + BETA * np.linalg.norm(speed, axis=1, keepdims=True)
        smooth = before.smooth + _share(cutoff, interval) * (measured - before.smooth)
        lag = smooth - measured
        distance = np.linalg.norm(lag, axis=1, keepdims=True)
        smooth = measured + lag * np.minimum(1, MAX_LAG * unit / np.maximum(distance, 1e-9))
        return _Track(face.box, measured, smooth, speed, self._time)


def _share(cutoff: NDArray[np.float64] | float, interval: float) -> NDArray[np.float64]:
    """The new value's share in a low-pass filter of that cut-off, for samples so far apart."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * np.asarray(cutoff) * interval)))
