"""Test-time augmentation: the mean prediction over mirrored and shifted views of each face."""

from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kaggle_fkd.config import PredictConfig
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.networks.core.inference import predict
from kaggle_fkd.networks.core.network import KeypointNetwork
from kaggle_fkd.training.augmentation.geometry import flip_keypoints


def predict_views(
    network: KeypointNetwork,
    images: Tensor,
    heads: Tensor,
    scheme: KeypointScheme,
    config: PredictConfig,
) -> NDArray[np.float32]:
    """N x K x 2 keypoints in pixels of N x H x W faces, averaged over the views of `config`."""
    width = images.shape[-1]
    mirrors = (False, True) if config.flip else (False,)
    total = np.zeros(())
    views = list(product(mirrors, _shifts(config.shift)))
    for mirrored, (right, down) in views:
        view = shifted(images.flip(-1) if mirrored else images, right, down)
        seen = predict(network, view, heads) - np.array([right, down], np.float32)
        if mirrored:
            seen = flip_keypoints(torch.from_numpy(seen), scheme, width).numpy()
        total = total + seen
    return np.asarray(total / len(views), np.float32)


def shifted(images: Tensor, right: int, down: int) -> Tensor:
    """N x H x W faces moved by whole pixels; what comes into view repeats the border."""
    height, width = images.shape[-2:]
    rows = torch.arange(height, device=images.device).sub(down).clamp(0, height - 1)
    columns = torch.arange(width, device=images.device).sub(right).clamp(0, width - 1)
    return images[:, rows][:, :, columns]


def _shifts(reach: int) -> list[tuple[int, int]]:
    """No shift, and one of `reach` pixels to each of the four sides."""
    if not reach:
        return [(0, 0)]
    return [(0, 0), (reach, 0), (-reach, 0), (0, reach), (0, -reach)]
