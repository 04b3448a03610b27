"""Where the faces are: detectors, which are any callables from a picture to boxes.

The default, `HaarDetector`, goes through OpenCV's cascades (Viola and Jones, "Rapid object
detection using a boosted cascade of simple features", 2001), the surest first.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.imaging.chips import invert, transform_points
from kaggle_fkd.imaging.picture import grey_of

Detector = Callable[[NDArray[np.uint8]], NDArray[np.float64]]
"""From an H x W x 3 RGB picture to N x 4 boxes, the best supported first.

A box is (x0, y0, x1, y1) in pixels, x1 and y1 exclusive; it may stick out of the picture. It is
the tight box of the face's 68 points with 10 % of its width and height added at each side.
"""

MAX_SEARCH_SIDE = 1280
"""Larger pictures are searched at this length of their longer side, in pixels."""
MIN_FACE_SIDE = 30
"""Side of the smallest squares looked for, at that size: 2.3 % of a large picture's length."""
PADDING = 0.2
"""The margin around the picture, of its shorter side, for faces that its edge cuts off.

Of 64 faces that plain Haar misses the first pass found 43 without, 48 with 0.1, 51 with 0.2.
"""
SCALE_FACTOR = 1.1
"""From one size to the next: 1.05 found 56 of those 64, but in 97 ms; 1.1 51 in 43 ms, 1.2 46."""
CENTRE = np.array([0.5, 0.655])
HALF = np.array([0.515, 0.505])
"""Centre and half sides of a face's box in parts of the cascade's square around it.

Means over 435 upright faces: (0.505, 0.655) and (0.519, 0.506); a mirrored face asks for 0.5.
"""
OVERLAP = 0.3
"""Boxes with a larger IoU are one face, seen in several passes; 0.1 to 0.5 find the same faces."""


@dataclass(frozen=True)
class Pass:
    """One search: with which cascade, with the picture turned how far, how many hits a face has."""

    cascade: str
    degrees: float
    hits: int


# What follows decides which candidates are faces, so cascades with many ghosts serve as well.
# Upright, of 400 faces (150 HELEN, 100 LFPW, 150 youtube68): "alt2" 393 at 23 to 41 ms, "default"
# with 3 hits 390, "alt" 385 at 27 to 48 ms. Of 50 faces tilted by 30 degrees the three find 6 to
# 10 upright. With all stages 399 of the 400, 50 of those 50, and 19 of 30 tilted by 45; "alt2" or
# "alt" in the turned passes found the same faces in the same time.
STAGES = (
    (Pass("alt2", 0, 2),),
    (Pass("default", 30, 3), Pass("default", -30, 3)),
    (Pass("default", 0, 3),),
)


def whole_frame(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The picture as one face: 1 x 4, for cut-outs that hold a face and little else."""
    height, width = picture.shape[:2]
    return np.array([[0.0, 0.0, width, height]])


class HaarDetector:
    """OpenCV's cascades for faces seen from the front, stage after stage until one finds a face."""

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[np.float64]:
        """N x 4 boxes (see `Detector`), those with the most hits first; 0 x 4 without a face."""
        found = (boxes for boxes in self.stages(picture) if len(boxes))
        return next(found, np.empty((0, 4)))

    def stages(self, picture: NDArray[np.uint8]) -> Iterator[NDArray[np.float64]]:
        """What each stage finds, N x 4, for a caller who can tell a face from a ghost.

        A stage is searched when its boxes are asked for: each takes longer, and finds less.
        """
        grey, scale, margin = _prepared(picture)
        for stage in STAGES:
            found = [_search(grey, search) for search in stage]
            boxes, hits = (np.concatenate(part) for part in zip(*found, strict=True))
            yield (_distinct(boxes, hits) - margin) / scale


def _prepared(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float, int]:
    """The grey picture, shrunk and with a margin around; by what factor, how wide a margin."""
    grey: NDArray[Any] = grey_of(picture)
    height, width = grey.shape
    scale = min(1.0, MAX_SEARCH_SIDE / max(height, width))
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    # The cascades take dark areas for empty: 1 of 20 darkened faces was found without, 16 with.
    grey = cv2.normalize(grey, np.empty_like(grey), 0, 255, cv2.NORM_MINMAX)
    margin = round(PADDING * min(grey.shape))
    return np.pad(grey, margin, mode="edge").astype(np.uint8, copy=False), scale, margin


def _search(
    grey: NDArray[np.uint8], search: Pass
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """N x 4 boxes in the grey picture, and how many windows each was seen in."""
    height, width = grey.shape
    middle = ((width - 1) / 2, (height - 1) / 2)
    turn = np.asarray(cv2.getRotationMatrix2D(middle, search.degrees, 1.0), np.float64)
    turned = cv2.warpAffine(grey, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    found, hits = load_cascade(search.cascade).detectMultiScale2(
        turned, SCALE_FACTOR, search.hits - 1, minSize=(MIN_FACE_SIDE, MIN_FACE_SIDE)
    )
    squares = np.reshape(np.asarray(found, float), (-1, 4))
    sides = squares[:, 2:]
    # Pixel centres are at whole numbers, and box edges half a pixel before them.
    centres = squares[:, :2] + sides * CENTRE - 0.5
    centres = transform_points(invert(turn), centres) + 0.5
    boxes = np.hstack([centres - sides * HALF, centres + sides * HALF])
    return boxes, np.reshape(np.asarray(hits, float), -1)


def _distinct(boxes: NDArray[np.float64], hits: NDArray[np.float64]) -> NDArray[np.float64]:
    """The boxes by falling hits, without those that overlap one with more hits."""
    corner_and_size = np.hstack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]])
    kept = cv2.dnn.NMSBoxes(corner_and_size.tolist(), hits.tolist(), 0.0, OVERLAP)
    return np.asarray(boxes[np.asarray(kept, int)])


def load_cascade(name: str) -> cv2.CascadeClassifier:
    """OpenCV's cascade `haarcascade_frontalface_NAME`, read from its wheel once a thread."""
    return _cascade_of_thread(name, threading.get_ident())


@cache
def _cascade_of_thread(name: str, _: int) -> cv2.CascadeClassifier:
    # Two threads that search with one cascade crash OpenCV.
    folder = Path(cv2.__file__).parent / "data"
    return cv2.CascadeClassifier(str(folder / f"haarcascade_frontalface_{name}.xml"))
