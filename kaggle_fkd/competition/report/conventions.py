"""Images that are labelled in two conventions: by how much their labels differ."""

import numpy as np
import pandas as pd

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.report.pictures import face_gallery
from kaggle_fkd.report.section import Block, Cell, Table, count, number
from kaggle_fkd.system.text import count_of, in_words

MOST_FACES = 6
"""Images that are shown."""


def both_conventions(images: pd.DataFrame | None, train: FaceDataset) -> list[Block]:
    """Some images with the labels of both conventions, and the mean differences.

    `images` is the table of repeated images; nothing is returned where none has both.
    """
    if images is None:
        return []
    positions = pd.Index(train.ids)
    first, second = (
        train[positions.get_indexer(pd.Index(images[column]))] for column in ("id_1", "id_2")
    )
    different = first.convention != second.convention
    if not different.any():
        return []
    first, second = first[different], second[different]
    names = [convention.name for convention in train.scheme.conventions]
    one, other = names[first.convention[0]], names[second.convention[0]]
    shown = slice(0, MOST_FACES)
    gallery = face_gallery(
        first[shown],
        [f"rows {i} and {j}" for i, j in zip(first.ids[shown], second.ids[shown], strict=True)],
        [""] * len(first[shown]),
        f"The same image, labelled once in each convention ({count_of(len(first), 'image')} in "
        "all). The eyes agree, nose and lip do not, so each convention has a head of its own.",
        second.keypoints[shown],
        label_name=f"label of {one}",
        predicted_name=f"label of {other}",
    )
    return [gallery, _differences(first, second, one, other)]


def _differences(first: FaceDataset, second: FaceDataset, one: str, other: str) -> Table:
    """The mean difference of each keypoint that both conventions mark."""
    difference = second.keypoints.astype(np.float64) - first.keypoints
    rows = []
    for index, name in enumerate(first.scheme.names):
        known = difference[:, index][np.isfinite(difference[:, index]).all(axis=1)]
        if len(known):
            x, y = known.mean(axis=0)
            rows.append((
                Cell(in_words(name)), count(len(known)), number(x, 1), number(y, 1),
            ))  # fmt: skip
    columns = ("keypoint", "images", "to the right (px)", "down (px)")
    return Table(f"Mean of label {other} minus label {one} on the same image", columns, tuple(rows))
