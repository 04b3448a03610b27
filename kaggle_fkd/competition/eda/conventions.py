"""The label conventions on the same image: which keypoints of one name are another place."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.competition.eda.topic import Topic, faces_by_convention
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.gallery import gallery
from kaggle_fkd.system.text import count_of

_MAX_IMAGES = 8
"""Images that are drawn at most: they all show the same."""
_HALF_WINDOW = 26
"""Pixels that are shown at each side of the middle of nose and mouth."""


def topic(train: FaceDataset, config: EdaConfig) -> Topic:
    """Images that are labelled in two conventions, and how far the labels are apart.

    `apart` in the summary is the difference of the mean positions over all faces.
    """
    pairs = labelled_in_both(train)
    differences = label_differences(train, pairs)
    summary = {"images": len(pairs), "apart": mean_differences(train)}
    if pairs.empty:
        nothing = "no image is labelled in two conventions"
        return Topic(nothing, summary, {"convention_pairs": pairs})
    figure = draw_both(train, pairs.head(min(config.gallery_faces, _MAX_IMAGES)))
    return Topic(
        f"{count_of(len(pairs), 'image')} labelled in two conventions",
        summary,
        {"convention_pairs": pairs, "convention_differences": differences},
        {"conventions": figure},
    )


def labelled_in_both(faces: FaceDataset) -> pd.DataFrame:
    """One row per image that has labels of two conventions: the ids of a face of each.

    Columns: convention_1, id_1, convention_2, id_2.
    """
    names = [convention.name for convention in faces.scheme.conventions]
    table = pd.DataFrame({
        "image": faces.repeat_groups(), "convention": faces.convention, "id": faces.ids
    })  # fmt: skip
    rows = []
    first = table.drop_duplicates(["image", "convention"]).sort_values(["image", "convention"])
    for _, same in first[first["image"].duplicated(keep=False)].groupby("image"):
        one, other = same.iloc[0], same.iloc[1]
        rows.append((names[one["convention"]], one["id"], names[other["convention"]], other["id"]))
    return pd.DataFrame(rows, columns=["convention_1", "id_1", "convention_2", "id_2"])


def label_differences(faces: FaceDataset, pairs: pd.DataFrame) -> pd.DataFrame:
    """One row per keypoint that both conventions of `labelled_in_both` mark on the same image.

    Columns: keypoint, images, right and down (mean of the second label minus the first, pixels),
    and spread (their standard deviation over both axes, pixels).
    """
    first, second = faces_of(faces, pairs)
    difference = second.keypoints.astype(np.float64) - first.keypoints
    rows = []
    for index, name in enumerate(faces.scheme.names):
        known = difference[np.isfinite(difference[:, index]).all(axis=1), index]
        if len(known):
            rows.append((name, len(known), *known.mean(axis=0), float(known.std(axis=0).mean())))
    return pd.DataFrame(rows, columns=["keypoint", "images", "right", "down", "spread"])


def mean_differences(faces: FaceDataset) -> dict[str, list[float]]:
    """The mean position in the second convention minus the first, x and y in pixels, by keypoint.

    Only keypoints that both mark; empty if one of the conventions has too few faces.
    """
    parts = list(faces_by_convention(faces).values())
    if len(parts) < 2:
        return {}
    apart = parts[1].mean_keypoints() - parts[0].mean_keypoints()
    return {
        name: difference.tolist()
        for name, difference in zip(faces.scheme.names, apart.astype(np.float64), strict=True)
        if np.isfinite(difference).all()
    }


def draw_both(faces: FaceDataset, pairs: pd.DataFrame) -> Figure:
    """The images of `labelled_in_both`: the first labels hollow, the second ones as crosses."""
    first, second = faces_of(faces, pairs)
    one, other = pairs.loc[pairs.index[0], ["convention_1", "convention_2"]]
    captions = [
        f"rows {i} ({one}) and {j} ({other})" for i, j in zip(first.ids, second.ids, strict=True)
    ]
    both = np.where(np.isfinite(second.keypoints), first.keypoints, np.nan)
    lower = np.delete(both, first.scheme.agreed, axis=1)
    centres = np.ma.masked_invalid(lower).mean(axis=1).filled(np.nan)
    height, width = first.size
    farthest = np.array([width, height]) - 1 - _HALF_WINDOW
    centres = np.clip(centres, _HALF_WINDOW, np.maximum(farthest, _HALF_WINDOW))
    windows = np.column_stack([centres, np.full(len(first), _HALF_WINDOW)])
    return gallery(
        first, captions, "The same image, labelled in both conventions", second.keypoints,
        columns=4, predicted_label=f"label in {other}", windows=windows,
        note=f"Nose and mouth, enlarged. Hollow: the label in {one}, cross: the label in {other}. "
        "Where a line joins the two, one name means two places, and a network needs two outputs.",
    )  # fmt: skip


def faces_of(faces: FaceDataset, pairs: pd.DataFrame) -> tuple[FaceDataset, FaceDataset]:
    """The two faces of each row of `labelled_in_both`."""
    positions = pd.Index(faces.ids)

    def chosen(column: str) -> NDArray[np.int64]:
        return positions.get_indexer(pd.Index(pairs[column])).astype(np.int64)

    return faces[chosen("id_1")], faces[chosen("id_2")]
