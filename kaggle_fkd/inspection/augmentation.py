"""What augmentation does to a face, as figures."""

from dataclasses import fields, replace

import numpy as np
import torch
from matplotlib.figure import Figure

from kaggle_fkd.config import AugmentConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.gallery import gallery
from kaggle_fkd.training.augmentation import augment

TOGETHER = "all together"
"""The caption of copies with every change."""


def augmented_copies(
    face: FaceDataset, config: AugmentConfig, count: int, seed: int = 0
) -> FaceDataset:
    """`count` copies of the only face of `face`, augmented as in a training."""
    copies = face[np.zeros(count, np.int64)]
    images, keypoints, _ = augment(
        torch.from_numpy(np.array(copies.images)), torch.from_numpy(np.array(copies.keypoints)),
        face.scheme, config, torch.Generator().manual_seed(seed), face.margin,
    )  # fmt: skip
    pixels = images.round().byte().numpy()
    return replace(copies, images=pixels, keypoints=keypoints.numpy(), margin=0)


def draw_augmentation(
    face: FaceDataset, config: AugmentConfig, copies: int = 4, seed: int = 0
) -> Figure:
    """Copies of a face: a row for each change of the settings alone, and one of all together.

    `face` has one face; settings that are 0 have no row.
    """
    none = AugmentConfig(**{setting.name: 0 for setting in fields(AugmentConfig)})
    kinds = {
        setting.name: replace(none, **{setting.name: getattr(config, setting.name)})
        for setting in fields(AugmentConfig)
        if getattr(config, setting.name)
    }
    kinds[TOGETHER] = config
    rows = [augmented_copies(face, each, copies, seed) for each in kinds.values()]
    shown = replace(
        face[np.zeros(copies * len(rows), np.int64)],
        images=np.concatenate([row.images for row in rows]),
        keypoints=np.concatenate([row.keypoints for row in rows]),
        margin=0,
    )
    captions = [name for name in kinds for _ in range(copies)]
    title = f"Copies of face {face.ids[0]}, as trainings see it"
    note = "Each row has one change alone, the last row all. Labels move with the picture."
    return gallery(shown, captions, title, columns=copies, note=note)
