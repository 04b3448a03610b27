"""The colours of values, those of the colour map viridis, without matplotlib."""

import cv2
import numpy as np
from numpy.typing import NDArray

OPAQUE_FROM, MAX_OPACITY = 2 / 3, 0.85
"""How opaque a heat map is over a face: its opacity would reach 1 at the value `OPAQUE_FROM`, and
is limited so that the face remains visible."""


def sequential_colours(values: NDArray[np.floating], low: float, high: float) -> NDArray[np.uint8]:
    """H x W x 3 RGB of H x W values: violet for `low` and what is below it, yellow for `high`."""
    shares = np.clip((values - low) / (high - low or 1), 0, 1)
    grey = np.round(255 * shares).astype(np.uint8)
    return np.asarray(cv2.applyColorMap(grey, cv2.COLORMAP_VIRIDIS)[:, :, ::-1], np.uint8)


def heat_colours(heat: NDArray[np.floating]) -> NDArray[np.uint8]:
    """H x W x 4 RGBA of an H x W heat map from 0, which is transparent, to 1."""
    opacity = np.clip(heat / OPAQUE_FROM, 0, MAX_OPACITY)
    alpha = np.round(255 * opacity).astype(np.uint8)
    return np.dstack([sequential_colours(heat, 0, 1), alpha])
