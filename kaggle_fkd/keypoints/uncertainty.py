"""Which keypoints are uncertain, by their expected errors."""

import numpy as np
from numpy.typing import NDArray

UNCERTAIN = 0.05
"""Share of a face's size. Keypoints with a larger expected error are uncertain."""


def size_of_face(keypoints: NDArray[np.floating]) -> float:
    """The square root of the area of the tight box of K x 2 keypoints."""
    return float(np.sqrt(np.ptp(keypoints, axis=0).prod()))


def mean_uncertainty(keypoints: NDArray[np.floating], errors: NDArray[np.floating]) -> float:
    """The mean expected error, K, of K x 2 keypoints, as a share of the face's size."""
    return float(errors.mean()) / max(size_of_face(keypoints), 1e-6)


def uncertain_keypoints(
    keypoints: NDArray[np.floating], errors: NDArray[np.floating]
) -> NDArray[np.bool_]:
    """K, true where the expected error of K x 2 keypoints is more than `UNCERTAIN` of the size."""
    return np.asarray(errors > UNCERTAIN * size_of_face(keypoints))
