"""`PointsCascade`: the pretrained networks for keypoints, one after the other, on faces."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from kaggle_fkd.errors import UsageError, suggest
from kaggle_fkd.imaging.similarity import similarity
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.photo.chip_networks import ChipNetworks
from kaggle_fkd.photo.detection.faces import CENTRE, SIZE, face_of_points, upright_maps
from kaggle_fkd.photo.pretrained import COARSE, FINE, read_pretrained


class PointsCascade:
    """From faces, as a detector gives them, to iBUG's points.

    A small network takes the crop of a face; a larger one then takes the face, aligned by the small
    one's keypoints. So neither the tightness of a detector's boxes nor a tilted head matters much.
    Such cascades are from Sun et al., "Deep Convolutional Network Cascade for Facial Point
    Detection", CVPR 2013.
    """

    def __init__(self, device: torch.device, convention: str | None = None) -> None:
        """Read the networks of the package; UsageError for a convention that they do not know."""
        fine = read_pretrained(FINE)
        known = [each.name for each in IBUG68.conventions][: fine.shape.heads]
        if convention is not None and convention not in known:
            raise UsageError(
                f"the networks of the package do not know the label convention {convention}",
                suggest(convention, known),
            )
        head = known.index(convention) if convention else 0
        self.coarse = ChipNetworks([read_pretrained(COARSE)], IBUG68, device)
        self.fine = ChipNetworks([fine], IBUG68, device, head)

    def align(
        self, greys: Sequence[NDArray[np.uint8]], faces: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """N x 2 x 3, the similarities from N grey pictures, H x W, to the fine network's chips.

        They align the N faces, N x 7, by the coarse keypoints.
        """
        mean = face_of_points(self.coarse.mean_shape)
        crops = upright_maps(faces, mean[CENTRE], float(mean[SIZE]))
        return similarity(self.coarse.predict(greys, crops), self.fine.mean_shape)

    def predict(
        self, greys: Sequence[NDArray[np.uint8]], faces: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """N x 68 x 2 keypoints of the N faces, N x 7, in N grey pictures, H x W."""
        return self.fine.predict(greys, self.align(greys, faces))
