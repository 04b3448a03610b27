"""Test-time augmentation (TTA): predictions averaged over the mirror image and other scales."""

from itertools import product

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kaggle_fkd.config import PredictConfig
from kaggle_fkd.imaging.warp import flip_keypoints, zoom, zoom_points
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.networks.network import KeypointNetwork
from kaggle_fkd.prediction.batches import BATCH, predict_batches


def predict_with_tta(
    network: KeypointNetwork,
    images: Tensor,
    heads: Tensor,
    scheme: KeypointScheme,
    config: PredictConfig,
) -> NDArray[np.float32]:
    """N x K x 3 pixels, keypoints and expected errors, of N x H x W faces, averaged as `config`
    says."""
    # Batch by batch: the resampled images of all faces at once take 0.6 GB.
    batches = zip(images.split(BATCH), heads.split(BATCH), strict=True)
    means = [_mean_prediction(network, *batch, scheme, config) for batch in batches]
    return torch.cat(means).numpy()


def _mean_prediction(
    network: KeypointNetwork,
    images: Tensor,
    heads: Tensor,
    scheme: KeypointScheme,
    config: PredictConfig,
) -> Tensor:
    mirrors = (False, True) if config.tta_flip else (False,)
    factors = (1, 1 - config.tta_scale, 1 + config.tta_scale) if config.tta_scale else (1,)
    predictions = []
    for mirrored, factor in product(mirrors, factors):
        augmented = zoom(images.flip(-1) if mirrored else images, factor)
        head = network.shape.mirrored_head_index(heads, mirrored)
        predicted = torch.from_numpy(predict_batches(network, augmented, head, config.precision))
        keypoints, errors = predicted[..., :2], predicted[..., 2:] / factor
        keypoints = zoom_points(keypoints, 1 / factor, images.shape[-2:])
        if mirrored:
            keypoints = flip_keypoints(keypoints, scheme, images.shape[-1])
            errors = errors[:, list(scheme.flip_order)]
        predictions.append(torch.cat([keypoints, errors], dim=-1))
    return torch.stack(predictions).mean(dim=0)
