"""Where the boxes of a detector are around faces."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.peer.process import PeerError
from kaggle_fkd.imaging.boxes import expand_boxes
from kaggle_fkd.photo.detection.faces import CENTRE, SIZE, squares
from kaggle_fkd.photo.detectors import faces_in_boxes

NEAR = 0.5
"""A box is that of a face if their centres are less than this apart, in sizes of the face."""


@dataclass(frozen=True)
class Placement:
    """The square of a detector's box around a face, in units of the face's size.

    The size is the square root of the area of the tight box of iBUG's points, and the centre is
    that of this box.
    """

    x: float
    """From the centre of the face to that of the box."""
    y: float
    side: float
    """The square root of the box's area."""

    @classmethod
    def fitted(cls, faces: NDArray[np.floating], found: Sequence[NDArray[np.floating]]) -> Self:
        """The medians over F faces, F x 7, and the boxes found in the picture of each, N x 4.

        Raises PeerError if none of the faces was found.
        """
        rows = []
        for face, boxes in zip(faces, found, strict=True):
            offsets = (boxes[:, :2] + boxes[:, 2:] - 1) / 2 - face[CENTRE]
            sides = np.sqrt((boxes[:, 2:] - boxes[:, :2]).prod(axis=1))
            near = np.column_stack([offsets, sides]) / face[SIZE]
            near = near[np.linalg.norm(near[:, :2], axis=1) < NEAR]
            rows += sorted(near.tolist(), key=lambda row: float(np.hypot(*row[:2])))[:1]
        if not rows:
            raise PeerError(f"it found none of {len(faces)} training faces")
        return cls(*np.median(rows, axis=0).tolist())

    def boxes(self, faces: NDArray[np.floating]) -> NDArray[np.float64]:
        """F x 4, the boxes that the detector would give faces, F x 7."""
        tight = squares(faces)
        middle = (tight[:, :2] + tight[:, 2:]) / 2 + faces[:, [SIZE]] * (self.x, self.y)
        half = faces[:, [SIZE]] * self.side / 2
        return np.hstack([middle - half, middle + half])

    def faces(self, boxes: NDArray[np.floating]) -> NDArray[np.float32]:
        """N x 7, the upright faces in boxes that the detector gave, N x 4."""
        size = np.sqrt((boxes[:, 2:] - boxes[:, :2]).prod(axis=1, keepdims=True)) / self.side
        middle = (boxes[:, :2] + boxes[:, 2:]) / 2 - size * (self.x, self.y)
        tight = np.hstack([middle - size / 2, middle + size / 2])
        return faces_in_boxes(expand_boxes(tight)).astype(np.float32)
