"""Examples of the training faces: galleries chosen at random, and the heat maps of one face."""

import numpy as np

from kaggle_fkd.competition.eda.section import TOO_FEW, Section, faces_by_convention
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.gallery import gallery
from kaggle_fkd.figures.heat_maps import draw_gaussians
from kaggle_fkd.system.text import count_of

_SIGMA = 2.5
"""Standard deviation of the heat maps, in pixels."""


def gallery_section(train: FaceDataset, config: EdaConfig) -> Section:
    """A gallery of `config.gallery_faces` faces, chosen at random, for each convention."""
    chosen, figures = {}, {}
    for name, faces in faces_by_convention(train).items():
        count = min(config.gallery_faces, len(faces))
        rng = np.random.default_rng(config.seed)
        shown = faces[np.sort(rng.choice(len(faces), count, replace=False))]
        chosen[name] = shown.ids.tolist()
        meaning = train.scheme.conventions[int(shown.convention[0])].meaning
        figures[f"gallery_{name}"] = gallery(
            shown, [f"id {face}" for face in shown.ids], f"Faces of convention {name}: {meaning}"
        )
    if not chosen:
        return TOO_FEW
    counts = [f"{count_of(len(ids), 'face')} of convention {name}" for name, ids in chosen.items()]
    return Section(", ".join(counts), chosen, figures=figures)


def heat_map_section(train: FaceDataset, config: EdaConfig) -> Section:
    """The heat maps of one face, chosen at random among those with the most labels."""
    labels = train.labelled.sum(axis=1)
    fullest = np.flatnonzero(labels == labels.max())
    face = int(np.random.default_rng(config.seed).choice(fullest))
    name = int(train.ids[face])
    figure = draw_gaussians(
        train.images[face], train.keypoints[face], train.scheme, _SIGMA,
        f"Gaussian heat maps of the keypoints of face {name}, sigma {_SIGMA:g} pixels",
    )  # fmt: skip
    return Section(
        f"{count_of(int(labels[face]), 'keypoint')} of face {name}",
        {"id": name, "sigma": _SIGMA},
        figures={"heat_maps": figure},
    )
