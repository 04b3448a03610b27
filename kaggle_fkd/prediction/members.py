"""Keypoints of new faces, by the members of a finished run, averaged over views of each face."""

from dataclasses import replace
from itertools import product

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from kaggle_fkd.config import PredictConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import RunError
from kaggle_fkd.figures.gallery import gallery
from kaggle_fkd.imaging.warp import flip_keypoints, zoom, zoom_points
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.networks.network import BATCH, KeypointNetwork, head_index, images_on, predict
from kaggle_fkd.runs.member import Member
from kaggle_fkd.runs.run import Run
from kaggle_fkd.training.labels import trainable

GALLERY_FACES = 24
NO_TTA = PredictConfig(flip=False, scale=0)
"""Every face as it is, once."""


def predict_faces(
    run: Run, faces: FaceDataset, device: torch.device, config: PredictConfig
) -> NDArray[np.float32]:
    """N x K x 2 keypoints in pixels: the mean over the run's members, each face by the head of
    its own convention; NaN for faces of a convention that the run was not trained for.

    Raises RunError for a run without finished members, or for other keypoints or another image
    size.
    """
    check_fits(run, faces)
    members = run.require_members().members
    predictions = [predict_member(member, faces, device, config) for member in members]
    mean = np.mean(predictions, axis=0)
    mean[~trainable(faces, run.config.train)] = np.nan
    return np.asarray(mean)


def predict_member(
    member: Member, faces: FaceDataset, device: torch.device, config: PredictConfig
) -> NDArray[np.float32]:
    """N x K x 2 keypoints in pixels by one network; RunError when its weights cannot be read.

    A network that never saw a mirrored face is shown none.
    """
    config = replace(config, flip=config.flip and member.config.augment.flip > 0)
    network = member.load_network(device)
    heads = head_index(device, faces, member.shape.heads)
    return predict_with_tta(network, images_on(device, faces), heads, faces.scheme, config)


def check_fits(run: Run, faces: FaceDataset) -> None:
    """RunError when the run was trained for other keypoints or another image size."""
    if run.scheme != faces.scheme or (run.shape.height, run.shape.width) != faces.size:
        raise RunError(
            f"{run.folder}: trained for {run.scheme.name} on {run.shape.width} x "
            f"{run.shape.height} pixels, not for these faces",
            "name another run: --run",
        )


def prediction_gallery(faces: FaceDataset, keypoints: NDArray[np.float32], title: str) -> Figure:
    """Faces spread evenly over N predicted ones, with the keypoints their convention marks."""
    shown = np.unique(np.linspace(0, len(faces) - 1, GALLERY_FACES).astype(int))
    chosen = faces[shown]
    predicted = np.where(chosen.marked[:, :, None], keypoints[shown], np.nan)
    names = [faces.scheme.conventions[index].name for index in chosen.convention]
    captions = [f"image {id_} ({name})" for id_, name in zip(chosen.ids, names, strict=True)]
    return gallery(chosen, captions, title, predicted)


def predict_with_tta(
    network: KeypointNetwork,
    images: Tensor,
    heads: Tensor,
    scheme: KeypointScheme,
    config: PredictConfig,
) -> NDArray[np.float32]:
    """N x K x 2 keypoints in pixels of N x H x W faces, averaged over the views of `config`."""
    # Batch by batch through all views: every face resampled at once would take 0.6 GB.
    batches = zip(images.split(BATCH), heads.split(BATCH), strict=True)
    parts = [_mean_of_views(network, *batch, scheme, config) for batch in batches]
    return torch.cat(parts).numpy()


def _mean_of_views(
    network: KeypointNetwork,
    images: Tensor,
    heads: Tensor,
    scheme: KeypointScheme,
    config: PredictConfig,
) -> Tensor:
    mirrors = (False, True) if config.flip else (False,)
    factors = (1, 1 - config.scale, 1 + config.scale) if config.scale else (1,)
    views = []
    for mirrored, factor in product(mirrors, factors):
        view = zoom(images.flip(-1) if mirrored else images, factor)
        seen = torch.from_numpy(
            predict(network, view, network.shape.mirrored_head_index(heads, mirrored))
        )
        seen = zoom_points(seen, 1 / factor, images.shape[-2:])
        views.append(flip_keypoints(seen, scheme, images.shape[-1]) if mirrored else seen)
    return torch.stack(views).mean(dim=0)
