"""Images that are labelled in two conventions: by how much their labels differ."""

import pandas as pd

from kaggle_fkd.competition.eda.conventions import faces_of
from kaggle_fkd.competition.report.analysis import StoredAnalysis
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.report.pictures import face_gallery
from kaggle_fkd.report.section import Block, Cell, Gallery, Table, count, number
from kaggle_fkd.system.text import count_of, in_words

PAIRS = ("convention_1", "id_1", "convention_2", "id_2")
DIFFERENCES = ("keypoint", "images", "right", "down", "spread")
"""The columns that the report needs of the tables of the analysis."""
MAX_FACES = 5
"""Images that are shown."""


def both_conventions(analysis: StoredAnalysis, train: FaceDataset) -> list[Block]:
    """Some images with the labels of both conventions, and the mean differences.

    Nothing is returned where no image has both.
    """
    pairs = analysis.table("convention_pairs", PAIRS)
    differences = analysis.table("convention_differences", DIFFERENCES)
    if pairs is None or differences is None or pairs.empty:
        return []
    one, other = pairs["convention_1"].iloc[0], pairs["convention_2"].iloc[0]
    return [_gallery(pairs, train), _differences(differences, one, other)]


def _gallery(pairs: pd.DataFrame, train: FaceDataset) -> Gallery:
    """Some of the images with both labels."""
    shown = pairs.head(MAX_FACES)
    first, second = faces_of(train, shown)
    return face_gallery(
        first,
        [f"rows {i} and {j}" for i, j in zip(first.ids, second.ids, strict=True)],
        [""] * len(first),
        f"The same image, labelled once in each convention ({count_of(len(pairs), 'image')} in "
        "all). The eyes agree, nose and lip do not, so each convention has a head of its own.",
        second.keypoints,
        label_name=f"label of {shown['convention_1'].iloc[0]}",
        predicted_name=f"label of {shown['convention_2'].iloc[0]}",
    )


def _differences(differences: pd.DataFrame, one: str, other: str) -> Table:
    """The mean difference of each keypoint that both conventions mark."""
    rows = tuple(
        (
            Cell(in_words(row["keypoint"])), count(row["images"]), number(row["right"], 1),
            number(row["down"], 1), number(row["spread"], 1),
        )
        for row in differences.to_dict("records")
    )  # fmt: skip
    columns = ("keypoint", "images", "to the right (px)", "down (px)", "spread (px)")
    return Table(f"Mean of label {other} minus label {one} on the same image", columns, rows)
