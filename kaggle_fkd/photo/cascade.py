"""`PretrainedCascade`: the pretrained networks, one after the other, on the faces in boxes."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kaggle_fkd.imaging.boxes import similarity_of_box
from kaggle_fkd.imaging.similarity import similarity
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.networks.network import standardise
from kaggle_fkd.photo.chip_networks import BATCH, ChipNetworks, to_pictures
from kaggle_fkd.photo.pretrained import PretrainedNetworks


class PretrainedCascade:
    """From boxes to iBUG's points, and to the confidence that each box contains a face.

    A small network takes the crop of a box; a larger one then takes the face, aligned by the small
    one's keypoints. So neither the tightness of a detector's boxes nor a tilted head matters much.
    Such cascades are from Sun et al., "Deep Convolutional Network Cascade for Facial Point
    Detection", CVPR 2013.
    """

    def __init__(self, pretrained: PretrainedNetworks, device: torch.device) -> None:
        """The networks themselves are moved to the device and set to evaluation mode."""
        self.coarse = ChipNetworks([pretrained.coarse], IBUG68, device)
        self.fine = ChipNetworks([pretrained.fine], IBUG68, device)
        self.pretrained = pretrained

    def align(
        self, greys: Sequence[NDArray[np.uint8]], boxes: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """N x 2 x 3, the similarities from N grey pictures, H x W, to the fine network's chips.

        They align the faces in N boxes, N x 4, by the coarse keypoints.
        """
        crops = np.stack([similarity_of_box(box, self.coarse.mean_shape) for box in boxes])
        return similarity(self.coarse.predict(greys, crops), self.fine.mean_shape)

    def predict(
        self, greys: Sequence[NDArray[np.uint8]], boxes: NDArray[np.floating]
    ) -> tuple[NDArray[np.float64], Tensor]:
        """N x 68 x 2 keypoints of the faces in N boxes, N x 4, of N grey pictures, H x W.

        The second result, N x FACE_FEATURES, are the face features, for `confidence`.
        """
        maps = self.align(greys, boxes)
        with torch.inference_mode():
            parts = [self._read(batch) for batch in self.fine.cut(greys, maps).split(BATCH)]
            keypoints, face_features = (torch.cat(part) for part in zip(*parts, strict=True))
            return to_pictures(keypoints, maps), face_features.cpu()

    @torch.inference_mode()
    def confidence(self, face_features: Tensor) -> NDArray[np.float64]:
        """N, 0..1, the probability that the N x FACE_FEATURES numbers are those of faces."""
        logits = self.pretrained.face_classifier(face_features)[:, 0]
        return np.asarray(logits.sigmoid().double().numpy())

    def _read(self, chips: Tensor) -> tuple[Tensor, Tensor]:
        """N x 68 x 2 keypoints in pixels of N chips, and N x FACE_FEATURES features."""
        network = self.pretrained.fine
        features = network.trunk(standardise(chips))
        face_features = torch.cat([features.mean((2, 3)), features.amax((2, 3))], dim=1)
        return network.decode(features)[:, 0], face_features
