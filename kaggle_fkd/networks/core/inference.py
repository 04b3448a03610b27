"""Run a network on many faces."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kaggle_fkd.faces import Faces
from kaggle_fkd.networks.core.network import KeypointNetwork

BATCH = 128
"""Faces per forward pass; 300 MB of activations with the largest network here."""


@contextmanager
def evaluating(network: KeypointNetwork) -> Iterator[None]:
    """The network without dropout and with its learnt normalisation; then its mode as it was."""
    was_training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(was_training)


@torch.inference_mode()
def predict(network: KeypointNetwork, images: Tensor, heads: Tensor) -> NDArray[np.float32]:
    """N x K x 2 keypoints in pixels of N x H x W faces, each by the head that `heads`, N, names.

    Images and network must be on the same device; the network's mode is left as it was.
    """
    with evaluating(network):
        keypoints = [
            network(batch)[torch.arange(len(batch), device=batch.device), head].float().cpu()
            for batch, head in zip(images.split(BATCH), heads.split(BATCH), strict=True)
        ]
    return torch.cat(keypoints).numpy()


def images_to(device: torch.device, faces: Faces) -> Tensor:
    """The faces' N x H x W images as one uint8 tensor on the device (65 MB at full size)."""
    return torch.from_numpy(np.array(faces.images)).to(device)


def heads_to(device: torch.device, faces: Faces, heads: int) -> Tensor:
    """N, which head of the network speaks for each face: that of its convention, if it has one."""
    return torch.from_numpy(np.minimum(faces.convention, heads - 1).astype(np.int64)).to(device)
