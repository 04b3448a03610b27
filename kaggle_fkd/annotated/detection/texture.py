"""`texture`: pictures without faces, of blobs that may look like some."""

import cv2
import numpy as np
from numpy.typing import NDArray

MIN_BLUR, MAX_BLUR = 0.7, 12.0
"""Standard deviations in pixels of the blur that makes the smallest and the largest blobs."""


def texture(side: int, random: np.random.Generator) -> NDArray[np.uint8]:
    """Band-pass noise, side x side: pebbles, leaves or clouds of one size.

    Few photographs show nothing else, so a detector that learns from photographs alone finds faces
    in gravel.
    """
    blur = float(np.exp(random.uniform(np.log(MIN_BLUR), np.log(MAX_BLUR))))
    noise = random.normal(0, 1, (side, side)).astype(np.float32)
    fine = cv2.GaussianBlur(noise, (0, 0), blur, borderType=cv2.BORDER_REFLECT)
    coarse = cv2.GaussianBlur(fine, (0, 0), 2 * blur, borderType=cv2.BORDER_REFLECT)
    blobs = fine - coarse
    if random.random() < 0.5:  # rounded tops with narrow gaps between them, as of stones
        blobs = -np.abs(blobs)
    blobs = (blobs - blobs.mean()) / (blobs.std() + 1e-6)
    grey = random.uniform(60, 200) + random.uniform(10, 60) * blobs
    return np.asarray(grey.round().clip(0, 255), np.uint8)
