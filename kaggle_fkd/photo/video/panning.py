"""A photograph as a video: what a camera sees that moves over it."""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.photo.video.frames import Frame


def panned_frames(
    picture: NDArray[np.uint8], start: Sequence[float], end: Sequence[float], *,
    size: tuple[int, int] = (240, 320), seconds: float = 2.0, rate: float = 12.0,
) -> Iterator[Frame]:  # fmt: skip
    """Frames of `size` (height, width) of an H x W x 3 picture, as a video pans and zooms.

    The first frame shows the box `start`, the last one `end` (x0, y0, x1, y1 in pixels, the latter
    two exclusive), those between move evenly. `rate` is the number of frames per second. Outside
    the picture, its border is repeated.
    """
    height, width = size
    corners = np.array([[0, 0], [width, 0], [0, height]], np.float32) - 0.5
    count = max(2, round(seconds * rate))
    for index, share in enumerate(np.linspace(0, 1, count)):
        x0, y0, x1, y1 = (1 - share) * np.asarray(start, float) + share * np.asarray(end, float)
        source = np.array([[x0, y0], [x1, y0], [x0, y1]], np.float32) - 0.5
        to_picture = cv2.getAffineTransform(corners, source)
        frame = cv2.warpAffine(
            picture, to_picture, (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        yield Frame(np.asarray(frame, np.uint8), index / rate)
