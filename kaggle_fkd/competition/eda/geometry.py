"""The geometry of the faces: their size, and how far heads are rolled and turned."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from kaggle_fkd.competition.eda.topic import TOO_FEW, Topic, faces_by_convention
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.distributions import draw_distributions
from kaggle_fkd.figures.style import describe, new_figure
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.system.text import in_words

QUANTITIES = ("eye_distance", "height", "roll", "turn")
"""The columns of `face_geometry` that are measured."""
_USUAL = (2.5, 97.5)
"""Percentiles between which 95 % of the faces are."""


def topic(train: FaceDataset, config: EdaConfig) -> Topic:
    """The geometry of all faces, and the interval that 95 % of them are in."""
    if not faces_by_convention(train):
        return TOO_FEW
    table = face_geometry(train)
    usual = {
        name: np.nanpercentile(table[name], _USUAL).tolist()
        for name in QUANTITIES
        if table[name].notna().any()
    }
    if "roll" not in usual:
        return Topic("skipped, as no face has both eyes labelled", {})
    (near, far), (least, most) = usual["eye_distance"], usual["roll"]
    return Topic(
        f"95 % of the faces: eyes {near:.0f} to {far:.0f} px apart, rolled by {least:.0f} to "
        f"{most:.0f} degrees",
        usual,
        {"geometry": table},
        {"geometry": draw_geometry(table, train.scheme)},
    )


def face_geometry(faces: FaceDataset) -> pd.DataFrame:
    """One row per face: id, convention, and what follows from its labels, NaN where some lack.

    eye_distance (pixels), height (pixels from the middle of the eyes to the lowest keypoint that
    every convention marks), roll (degrees, positive if the head is rolled clockwise in the
    picture), turn (how far the nose tip is aside of the middle of the eyes, along their line, in
    eye distances: 0 for a frontal face).
    """
    scheme, points = faces.scheme, faces.keypoints.astype(np.float64)
    left, right = _eyes(scheme)
    across = points[:, left] - points[:, right]
    middle = (points[:, left] + points[:, right]) / 2
    distance = np.linalg.norm(across, axis=1)
    aside = ((points[:, scheme.nose_tip] - middle) * across).sum(axis=1)
    lowest = points[:, _lowest(faces)]
    return pd.DataFrame(
        {
            "id": faces.ids,
            "convention": [scheme.conventions[index].name for index in faces.convention],
            "eye_distance": distance,
            "height": np.linalg.norm(lowest - middle, axis=1),
            "roll": np.degrees(np.arctan2(across[:, 1], across[:, 0])),
            "turn": aside / np.maximum(distance, 1) ** 2,
        }
    )


def _eyes(scheme: KeypointScheme) -> tuple[int, int]:
    """The left and right keypoint that all conventions mark in the same place."""
    return next(pair for pair in scheme.flip_pairs if set(pair) <= set(scheme.agreed))


def _lowest(faces: FaceDataset) -> int:
    """The keypoint that is lowest on average, of those that every convention marks."""
    marked = [set(convention.keypoints) for convention in faces.scheme.conventions]
    common = sorted(set.intersection(*marked))
    heights = np.nan_to_num(faces.mean_keypoints()[common, 1])
    return common[int(heights.argmax())]


def draw_geometry(table: pd.DataFrame, scheme: KeypointScheme) -> Figure:
    """Distributions of what `face_geometry` measures, by convention."""
    labels = {
        "eye_distance": "distance of the eyes\n(pixels)",
        "height": "from the eyes to the lower lip\n(pixels)",
        "roll": "roll in the picture\n(degrees)",
        "turn": "turn: nose tip aside of the eyes\n(eye distances)",
    }
    figure = new_figure(11, 3.1)
    for axes, name in zip(figure.subplots(1, len(QUANTITIES)), QUANTITIES, strict=True):
        parts = {
            f"convention {convention}": part[name].to_numpy()
            for convention, part in table.groupby("convention")
        }
        draw_distributions(axes, parts, labels[name])
        if table[name].notna().any():
            low, high = np.nanpercentile(table[name], _USUAL)
            axes.set_title(f"95 %: {low:.3g} to {high:.3g}", fontsize=10)
    figure.legend(
        *figure.axes[0].get_legend_handles_labels(), loc="outside lower center",
        ncols=len(scheme.conventions), frameon=False,
    )  # fmt: skip
    describe(
        figure, "Size and pose of the faces",
        "How far augmentation should scale and rotate: as much as the faces differ, not much more. "
        f"The {in_words(scheme.names[scheme.nose_tip])} is another place in each convention.",
    )  # fmt: skip
    return figure
