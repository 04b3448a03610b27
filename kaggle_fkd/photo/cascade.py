"""`PointsCascade`: the pretrained network for keypoints, applied to faces twice."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from kaggle_fkd.imaging.similarity import similarity
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.photo.chip_networks import ChipNetworks
from kaggle_fkd.photo.detection.faces import CENTRE, SIZE, face_of_points, upright_maps


class PointsCascade:
    """From faces, as a detector gives them, to iBUG's points.

    The network takes the crop of a face, upright by its eyes; then once more the face, aligned by
    the keypoints that it found. So neither the tightness of a detector's boxes nor a tilted head
    matters much. Such cascades are from Sun et al., "Deep Convolutional Network Cascade for Facial
    Point Detection", CVPR 2013.
    """

    def __init__(self, device: torch.device, convention: str | None = None) -> None:
        """Read the network; UsageError for a convention that it was not trained on."""
        self.networks = ChipNetworks.pretrained(IBUG68, device, convention)

    def align(
        self, greys: Sequence[NDArray[np.uint8]], faces: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """N x 2 x 3, the similarities from N grey pictures, H x W, to the network's chips.

        They align the N faces, N x 7, by the keypoints that are found first.
        """
        shape = self.networks.mean_shape
        mean = face_of_points(shape)
        crops = upright_maps(faces, mean[CENTRE], float(mean[SIZE]))
        return similarity(self.networks.predict(greys, crops)[..., :2], shape)

    def predict(
        self, greys: Sequence[NDArray[np.uint8]], faces: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """N x 68 x 3, the keypoints and expected errors of the N faces, N x 7.

        They are in pixels of N grey pictures, H x W.
        """
        return self.networks.predict(greys, self.align(greys, faces))
