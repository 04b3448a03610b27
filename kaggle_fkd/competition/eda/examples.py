"""Examples of the training faces: galleries chosen at random, and heat maps."""

import numpy as np

from kaggle_fkd.competition.eda.topic import TOO_FEW, Topic, faces_by_convention
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.gallery import gallery
from kaggle_fkd.figures.heat_maps import draw_gaussians
from kaggle_fkd.system.text import count_of

_SIGMAS = (1.0, 2.5, 5.0)
"""Standard deviations of the heat maps, in pixels."""

_GALLERY = (
    "Chosen at random, each with its row in training.csv from 0. Look for turned heads, glasses, "
    "hands, blur, and for what the labels call the nose and the lip."
)


def gallery_topic(train: FaceDataset, config: EdaConfig) -> Topic:
    """A gallery of `config.gallery_faces` faces, chosen at random, for each convention."""
    chosen, figures = {}, {}
    for name, faces in faces_by_convention(train).items():
        count = min(config.gallery_faces, len(faces))
        rng = np.random.default_rng(config.seed)
        shown = faces[np.sort(rng.choice(len(faces), count, replace=False))]
        chosen[name] = shown.ids.tolist()
        meaning = train.scheme.conventions[int(shown.convention[0])].meaning
        figures[f"gallery_{name}"] = gallery(
            shown, [f"row {face}" for face in shown.ids],
            f"Faces of convention {name}: {meaning}", note=_GALLERY,
        )  # fmt: skip
    if not chosen:
        return TOO_FEW
    counts = [f"{count_of(len(ids), 'face')} of convention {name}" for name, ids in chosen.items()]
    return Topic(", ".join(counts), chosen, figures=figures)


def heat_map_topic(train: FaceDataset, config: EdaConfig) -> Topic:
    """The heat maps of a face of each convention, chosen at random among those with most labels."""
    labels = train.labelled.sum(axis=1)
    rng = np.random.default_rng(config.seed)
    fullest = [
        rng.choice(np.flatnonzero(labels * (train.convention == index) == most))
        for index in np.unique(train.convention)
        if (most := labels[train.convention == index].max())
    ]
    faces = train[np.array(fullest)]
    ids = faces.ids.tolist()
    figure = draw_gaussians(faces, _SIGMAS, "Gaussian heat maps of the keypoints")
    return Topic(
        f"rows {', '.join(map(str, ids))}",
        {"ids": ids, "sigmas": list(_SIGMAS)},
        figures={"heat_maps": figure},
    )
