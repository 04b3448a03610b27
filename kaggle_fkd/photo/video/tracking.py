"""`Tracker`: the faces of a video, from frame to frame."""

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.photo.face import DetectedFace
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.video.smoothing import Smoother

SEARCH_EVERY = 5
"""The detector looks for new faces in every fifth frame, and whenever a face is lost."""


class Tracker:
    """Finds the faces of one frame after the other; each keeps its number, from 1."""

    def __init__(self, finder: FaceKeypoints) -> None:
        self.finder, self.smoother = finder, Smoother()
        self._frames = 0

    def next(self, frame: NDArray[np.uint8], time: float) -> list[DetectedFace]:
        """The faces of the next frame, H x W x 3 RGB, with smoothed keypoints and numbers.

        `time` is the frame's, in seconds from any moment.
        """
        known = self.smoother.remembered()
        faces = self.finder.track(frame, known, search=False)
        if self._frames % SEARCH_EVERY == 0 or len(faces) < len(known):
            faces = self.finder.with_others(frame, faces)
        self._frames += 1
        return self.smoother.smooth(faces, time)
