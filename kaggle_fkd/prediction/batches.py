"""Predicting many faces with one network, batch by batch."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.networks.network import KeypointNetwork, evaluating
from kaggle_fkd.system.precision import precision_on

BATCH = 128
"""Faces per forward pass; 300 MB of activations with the largest network here."""


@torch.inference_mode()
def predict_batches(
    network: KeypointNetwork, images: Tensor, heads: Tensor, precision: str = "fp32"
) -> NDArray[np.float32]:
    """N x K x 3 pixels, the keypoints and expected errors of N x H x W faces.

    Each face is predicted by the head that `heads`, N, names; `precision` is one of
    `config.PRECISIONS`.

    Images and network must be on the same device; the network's mode is left as it was.
    """
    device = images.device
    with evaluating(network), precision_on(device, precision).autocast(device):
        predicted = [
            network.predict(batch, head).float().cpu()
            for batch, head in zip(images.split(BATCH), heads.split(BATCH), strict=True)
        ]
    return torch.cat(predicted).numpy()


def images_on(device: torch.device, faces: FaceDataset) -> Tensor:
    """The faces' N x H x W images as one uint8 tensor on the device (65 MB at full size)."""
    return torch.from_numpy(np.array(faces.images)).to(device)


def head_index(device: torch.device, faces: FaceDataset, heads: int) -> Tensor:
    """N, the head that predicts each face: that of its convention, or the only one."""
    return torch.from_numpy(np.minimum(faces.convention, heads - 1).astype(np.int64)).to(device)
