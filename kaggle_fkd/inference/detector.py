"""`OnnxDetector`: an exported face detector; the two stages of it are in one file."""

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.inference.metadata import FACES
from kaggle_fkd.inference.network import OnnxNetwork
from kaggle_fkd.networks.detector_shape import CHIP, STRIDES

NO_IMAGES = np.empty((0, STRIDES[-1], STRIDES[-1]), np.uint8)
NO_CHIPS, NO_LOGITS = np.empty((0, CHIP, CHIP), np.uint8), np.empty(0, np.float32)


class OnnxDetector(OnnxNetwork):
    """Inputs `images`, `chips` and `logits`, outputs `proposals` and `faces`.

    The first output depends on the first input alone, the second one on the others: a stage that
    is given empty inputs takes no time.
    """

    task = FACES

    def search(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """N x C x 8, what the first stage proposes in the C cells of N x H x W grey pictures.

        The logit of a face, then in pixels: x and y of its centre, its size, and x and y of its
        right and its left eye. H and W are multiples of the largest of `STRIDES`.
        """
        return self.run("proposals", images=images, chips=NO_CHIPS, logits=NO_LOGITS)

    def refine(self, chips: NDArray[np.uint8], logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """M x 8, what the second stage sees in M x 48 x 48 chips: as `search`, in their pixels.

        `logits`, M, are those of the first stage; 0 where unknown.
        """
        return self.run("faces", images=NO_IMAGES, chips=chips, logits=logits)
