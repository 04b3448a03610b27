"""`OnnxKeypoints`: an exported network, or several averaged, that predicts keypoints of chips."""

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.inference.metadata import KEYPOINTS
from kaggle_fkd.inference.network import OnnxNetwork

BATCH = 64
"""Chips per forward pass."""


class OnnxKeypoints(OnnxNetwork):
    """Inputs `images` and `convention`, output `keypoints`; see `predict`."""

    task = KEYPOINTS

    def predict(
        self, images: NDArray[np.uint8], convention: NDArray[np.integer]
    ) -> NDArray[np.float32]:
        """N x K x 3, x, y and expected error in pixels, of N x H x W grey chips.

        Each is predicted as faces of the label convention are labelled whose index in the scheme
        `convention`, N, names. That index plus the number of conventions means that a chip is the
        mirror image of a face: labels may be off to one side.
        """
        convention = convention.astype(np.int64)
        batches = [slice(start, start + BATCH) for start in range(0, max(1, len(images)), BATCH)]
        return np.concatenate([
            self.run("keypoints", images=images[batch], convention=convention[batch])
            for batch in batches
        ])  # fmt: skip
