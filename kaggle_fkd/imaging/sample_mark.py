"""The mark by which generated sample faces are recognised, wherever their pictures were copied.

The first pixels of every generated picture spell `SAMPLE FACES` in ASCII. No photograph does, and
the mark survives everything that keeps the pixels: copying, zipping, shuffling or selecting rows. A
manifest beside the files can be lost, or left over from files that were replaced.
"""

import numpy as np
from numpy.typing import NDArray

MARK = np.frombuffer(b"SAMPLE FACES", np.uint8)
"""Grey levels of the first pixels, from left to right, in the top row of a generated picture."""


def with_mark(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A copy of the H x W picture with the mark."""
    marked = image.copy()
    marked[0, : len(MARK)] = MARK
    return marked


def has_mark(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """N, true for those of the N x H x W pictures, or mirror images, that have the mark."""
    width = len(MARK)
    if images.shape[2] < width:
        return np.zeros(len(images), bool)
    row = images[:, 0]
    seen, mirrored = row[:, :width] == MARK, row[:, -width:] == MARK[::-1]
    return np.asarray(seen.all(axis=1) | mirrored.all(axis=1))
