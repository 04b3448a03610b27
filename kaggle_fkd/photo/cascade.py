"""`PointsCascade`: the pretrained network for keypoints, applied to faces twice."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from kaggle_fkd.imaging.similarity import similarity
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.photo.chip_networks import ChipNetworks
from kaggle_fkd.photo.detection.faces import CENTRE, SIZE, face_of_points, upright_maps

CERTAIN = 0.06
"""The mean expected error, as a share of the face's size, up to which keypoints align a face. On
photographs of the web and of people with masks, 16 % of the faces are less certain, half of those
of less than 16 pixels. Aligned by them, 1 face in 100 was lost."""


class PointsCascade:
    """From faces, as a detector gives them, to iBUG's points.

    The network takes the crop of a face, upright by its eyes; then once more the face, aligned by
    the keypoints that it found, unless it is unsure of them. So neither the tightness of a
    detector's boxes nor a tilted head matters much. Such cascades are from Sun et al., "Deep
    Convolutional Network Cascade for Facial Point Detection", CVPR 2013.
    """

    def __init__(self, device: torch.device, convention: str | None = None) -> None:
        """Read the network; UsageError for a convention that it was not trained on."""
        self.networks = ChipNetworks.pretrained(IBUG68, device, convention)

    def align(
        self, greys: Sequence[NDArray[np.uint8]], faces: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """N x 2 x 3, the similarities from N grey pictures, H x W, to the network's chips.

        They align the N faces, N x 7, by the keypoints that are found first, where these are
        certain (`CERTAIN`), else as the detector found the faces.
        """
        shape = self.networks.mean_shape
        mean = face_of_points(shape)
        maps = upright_maps(faces, mean[CENTRE], float(mean[SIZE]))
        predicted = self.networks.predict(greys, maps)
        sizes = face_of_points(predicted[..., :2])[:, SIZE]
        certain = predicted[..., 2].mean(axis=1) <= CERTAIN * sizes
        maps[certain] = similarity(predicted[certain, :, :2], shape)
        return maps

    def predict(
        self, greys: Sequence[NDArray[np.uint8]], faces: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """N x 68 x 3, the keypoints and expected errors of the N faces, N x 7.

        They are in pixels of N grey pictures, H x W.
        """
        return self.networks.predict(greys, self.align(greys, faces))
