"""Where the faces are: detectors, which are any callables from a picture to boxes.

The default, `HaarDetector`, goes through OpenCV's cascades (Viola and Jones, "Rapid object
detection using a boosted cascade of simple features", 2001), the surest first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Detector = Callable[[NDArray[np.uint8]], NDArray[np.float64]]
"""From an H x W x 3 RGB picture to N x 4 boxes, the best supported first.

A box is (x0, y0, x1, y1) in pixels, x1 and y1 exclusive; it may stick out of the picture. It is
the tight box of the face's 68 points with 10 % of its width and height added at each side.
"""

LONGEST = 1280
SMALLEST = 30
PADDING = 0.2
SCALE_FACTOR = 1.1
OVERLAP = 0.3
CENTRE = np.array([0.5, 0.66])
HALF = np.array([0.51, 0.5])


@dataclass(frozen=True)
class Pass:
    """One search: with which cascade, with the picture turned how far, how many hits a face has."""

    cascade: str
    degrees: float
    hits: int


STAGES = (
    (Pass("alt", 0, 2),),
    (Pass("alt", 25, 3), Pass("alt", -25, 3)),
    (Pass("default", 0, 4),),
)


def whole_frame(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The picture as one face: 1 x 4, for cut-outs that hold a face and little else."""
    height, width = picture.shape[:2]
    return np.array([[0.0, 0.0, width, height]])


class HaarDetector:
    """OpenCV's cascades for faces seen from the front, stage after stage until one finds a face."""

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[np.float64]:
        """N x 4 boxes (see `Detector`), those with the most hits first; 0 x 4 without a face."""
        grey, scale, margin = _prepared(picture)
        for stage in STAGES:
            boxes, hits = map(np.concatenate, zip(*(_search(grey, one) for one in stage)))
            if len(boxes):
                return (_distinct(boxes, hits) - margin) / scale
        return np.empty((0, 4))


def _prepared(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float, int]:
    """The grey picture, shrunk and with a margin around; by what factor, how wide a margin."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    scale = min(1.0, LONGEST / max(grey.shape))
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    margin = round(PADDING * max(grey.shape))
    return (
        cv2.copyMakeBorder(grey, *[margin] * 4, cv2.BORDER_REPLICATE),
        scale,
        margin,
    )


def _search(
    grey: NDArray[np.uint8], search: Pass
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """N x 4 boxes in the grey picture, and how many windows each was seen in."""
    height, width = grey.shape
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), search.degrees, 1.0)
    turned = cv2.warpAffine(grey, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    found, hits = _cascade(search.cascade).detectMultiScale2(
        turned, SCALE_FACTOR, search.hits - 1, minSize=(SMALLEST, SMALLEST)
    )
    squares = np.reshape(np.asarray(found, float), (-1, 4))
    sides = squares[:, 2:]
    # Pixel centres are at whole numbers, and box edges half a pixel before them.
    centres = squares[:, :2] + sides * CENTRE - 0.5
    back = cv2.invertAffineTransform(turn)
    centres = centres @ back[:, :2].T + back[:, 2] + 0.5
    boxes = np.hstack([centres - sides * HALF, centres + sides * HALF])
    return boxes, np.reshape(np.asarray(hits, float), -1)


def _distinct(boxes: NDArray[np.float64], hits: NDArray[np.float64]) -> NDArray[np.float64]:
    """The boxes by falling hits, without those that overlap one with more hits."""
    corner_and_size = np.hstack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]])
    kept = cv2.dnn.NMSBoxes(corner_and_size.tolist(), hits.tolist(), 0.0, OVERLAP)
    return boxes[np.asarray(kept, int)]


@cache
def _cascade(name: str) -> cv2.CascadeClassifier:
    folder = Path(cv2.data.haarcascades)
    return cv2.CascadeClassifier(str(folder / f"haarcascade_frontalface_{name}.xml"))
