"""Face detectors: any callables from a picture to the boxes of its faces.

The default, `HaarDetector`, uses OpenCV's cascades (Viola and Jones, "Rapid object detection using
a boosted cascade of simple features", 2001), the most reliable first.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.imaging.boxes import suppress_overlapping
from kaggle_fkd.imaging.picture import grey_of
from kaggle_fkd.imaging.similarity import invert, transform_points

Detector = Callable[[NDArray[np.uint8]], NDArray[np.float64]]
"""From an H x W x 3 RGB picture to N x 4 boxes, those with the most support first.

A box is (x0, y0, x1, y1) in pixels, x1 and y1 exclusive; it may extend beyond the picture. It is
the tight box of iBUG's points of the face, expanded on each side by 10 % of its width and height.
"""


@runtime_checkable
class StagedDetector(Protocol):
    """A detector that can run slower stages when the earlier ones found no face."""

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[np.float64]:
        """As `Detector`."""

    def stages(self, picture: NDArray[np.uint8]) -> Iterator[NDArray[np.float64]]:
        """The boxes of each stage, N x 4 as those of `Detector`, computed lazily.

        The next stage is computed only if none of a stage's boxes contains a face.
        """


MAX_SEARCH_SIDE = 1280
"""Pictures whose longer side exceeds this length, in pixels, are reduced to it for detection."""
MIN_FACE_SIDE = 30
"""Side of the smallest squares, in pixels, in the reduced picture: 2.3 % of its longer side."""
PADDING = 0.2
"""Margin around the picture, as a share of its shorter side, for faces that its edge cuts off.

Of 64 faces that plain Haar misses, the first stage found 43 without it, 48 with 0.1, 51 with 0.2.
"""
SCALE_FACTOR = 1.1
"""Ratio of one size to the next: 1.05 found 56 of those 64, but in 97 ms; 1.1 found 51 in 43 ms,
1.2 found 46."""
CENTRE = np.array([0.5, 0.655])
HALF = np.array([0.515, 0.505])
"""Centre and half sides of a face's box, as shares of the side of the cascade's square around it.

Means over 435 upright faces: (0.505, 0.655) and (0.519, 0.506); by symmetry the first is 0.5.
"""
OVERLAP = 0.3
"""Boxes with a larger IoU are the same face; all values from 0.1 to 0.5 find the same faces."""


@dataclass(frozen=True)
class Pass:
    """One run of a cascade over the picture."""

    cascade: str
    """Name of OpenCV's cascade, as `load_cascade` takes it."""
    degrees: float
    """Angle by which the picture is turned first, anticlockwise on the screen."""
    hits: int
    """Minimum number of windows that must contain the face."""


_CASCADES = threading.local()
"""The cascades of each thread: OpenCV crashes if two threads use the same one at the same time."""

# The networks then decide which candidates are faces, so cascades with many false positives are
# good enough.
# Of 400 upright faces (150 HELEN, 100 LFPW, 150 youtube68), "alt2" finds 393 in 23 to 41 ms,
# "default" with 3 hits 390, "alt" 385 in 27 to 48 ms. Of 50 faces tilted by 30 degrees, these three
# find 6 to 10 in the upright picture. All stages together find 399 of the 400, 50 of those 50, and
# 19 of 30 tilted by 45 degrees; "alt2" or "alt" in the turned passes found the same faces in the
# same time.
STAGES = (
    (Pass("alt2", 0, 2),),
    (Pass("default", 30, 3), Pass("default", -30, 3)),
    (Pass("default", 0, 3),),
)


class HaarDetector:
    """OpenCV's cascades for frontal faces, stage by stage until one finds a face."""

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[np.float64]:
        """N x 4 boxes (see `Detector`), those with the most hits first; 0 x 4 if there are none."""
        found = (boxes for boxes in self.stages(picture) if len(boxes))
        return next(found, np.empty((0, 4)))

    def stages(self, picture: NDArray[np.uint8]) -> Iterator[NDArray[np.float64]]:
        """The boxes of each stage, N x 4, for a caller who can tell faces from false positives.

        They are computed lazily, as each stage takes longer and finds fewer faces.
        """
        grey, scale, margin = _prepared(picture)
        for stage in STAGES:
            found = [_search(grey, search) for search in stage]
            boxes, hits = (np.concatenate(part) for part in zip(*found, strict=True))
            yield (boxes[suppress_overlapping(boxes, hits, OVERLAP)] - margin) / scale


def _prepared(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float, int]:
    """The grey picture, reduced and with a margin; the factor and the margin's width in pixels."""
    grey: NDArray[Any] = grey_of(picture)
    height, width = grey.shape
    scale = min(1.0, MAX_SEARCH_SIDE / max(height, width))
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    # The cascades skip dark areas as empty: of 20 darkened faces, 1 was found without this step,
    # 16 with it.
    grey = cv2.normalize(grey, np.empty_like(grey), 0, 255, cv2.NORM_MINMAX)
    margin = round(PADDING * min(grey.shape))
    return np.pad(grey, margin, mode="edge").astype(np.uint8, copy=False), scale, margin


def _search(
    grey: NDArray[np.uint8], search: Pass
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """N x 4 boxes in the grey picture, and for each of the N the number of windows around it."""
    height, width = grey.shape
    middle = ((width - 1) / 2, (height - 1) / 2)
    turn = np.asarray(cv2.getRotationMatrix2D(middle, search.degrees, 1.0), np.float64)
    turned = cv2.warpAffine(grey, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    found, hits = load_cascade(search.cascade).detectMultiScale2(
        turned, SCALE_FACTOR, search.hits - 1, minSize=(MIN_FACE_SIDE, MIN_FACE_SIDE)
    )
    squares = np.reshape(np.asarray(found, float), (-1, 4))
    sides = squares[:, 2:]
    # Pixel centres have integer coordinates, box edges are half a pixel outside them.
    centres = squares[:, :2] + sides * CENTRE - 0.5
    centres = transform_points(invert(turn), centres) + 0.5
    boxes = np.hstack([centres - sides * HALF, centres + sides * HALF])
    return boxes, np.reshape(np.asarray(hits, float), -1)


def load_cascade(name: str) -> cv2.CascadeClassifier:
    """OpenCV's cascade `haarcascade_frontalface_NAME`, read from its wheel once in each thread."""
    if not hasattr(_CASCADES, name):
        folder = Path(cv2.__file__).parent / "data"
        file = folder / f"haarcascade_frontalface_{name}.xml"
        setattr(_CASCADES, name, cv2.CascadeClassifier(str(file)))
    cascade: cv2.CascadeClassifier = getattr(_CASCADES, name)
    return cascade
