"""The data in a report: missing labels, label conventions, correlations, repeated images."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kaggle_fkd.competition.eda.geometry import draw_geometry
from kaggle_fkd.competition.eda.images import draw_statistics
from kaggle_fkd.competition.eda.missing import (
    completeness,
    draw_label_patterns,
    draw_missing_counts,
)
from kaggle_fkd.competition.eda.repeats import draw_repeats
from kaggle_fkd.competition.report.analysis import StoredAnalysis
from kaggle_fkd.competition.report.conventions import both_conventions
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.report.pictures import stored_picture
from kaggle_fkd.report.plots import plot
from kaggle_fkd.report.section import Absent, Block, Cell, Heading, Section, Table, Text, count
from kaggle_fkd.system.text import in_words

MISSING = ("convention", "keypoint", "marked", "faces", "missing", "share")
PATTERNS = ("convention", "faces", "share", "points")
IMAGES = ("part", "id", "brightness", "contrast", "sharpness")
POSES = ("convention", "eye_distance", "height", "roll", "turn")
REPEATS = ("conventions", "id_1", "id_2", "max_distance")
"""The columns that the report needs of the tables of the analysis."""
ODD = "Images that people can hardly see, either: their labels are less exact."


def data_section(analysis: StoredAnalysis | None, train: FaceDataset, command: str) -> Section:
    """What the training faces are; `command` writes the analysis that it is read from."""
    if analysis is None:
        what = "missing labels, correlations, repeated images and methods of imputation"
        blocks: list[Block] = [_conventions(train), Absent(what, command)]
    else:
        repeats = analysis.table("repeats", REPEATS)
        blocks = [
            *_findings(analysis),
            _conventions(train),
            *_locations(analysis, train),
            *_missing(analysis, train),
            *_images(analysis),
            *_poses(analysis, train),
            *_correlations(analysis),
            *_repeats(analysis, repeats),
        ]
    return Section("data", "The data", tuple(blocks))


def _findings(analysis: StoredAnalysis) -> list[Block]:
    """What follows for modelling, in words."""
    sentences = analysis.summary.get("findings", [])
    if not sentences:
        return []
    return [Heading("What follows for modelling"), *(Text(sentence) for sentence in sentences)]


def _conventions(train: FaceDataset) -> Table:
    """A row for each label convention: what it marks, on how many faces."""
    numbers = completeness(train)
    rows = [
        (Cell(each.name), Cell(each.meaning), *map(count, numbers[each.name].values()))
        for each in train.scheme.conventions
    ]
    columns = ("convention", "what is labelled", "faces", "complete faces", "missing labels")
    return Table("Label conventions", columns, tuple(rows))


def _missing(analysis: StoredAnalysis, train: FaceDataset) -> list[Block]:
    counts = analysis.table("missing", MISSING)
    patterns = analysis.table("label_patterns", PATTERNS)
    if counts is None or patterns is None:
        return []
    return [
        Heading("Missing labels"),
        plot(
            "missing", draw_missing_counts(counts), "Missing labels by keypoint and convention",
            "What a convention does not mark is not missing: filling it in would teach the network "
            "a guess.",
        ),
        plot(
            "label-patterns", draw_label_patterns(patterns, train.scheme),
            "Combinations of keypoints that are labelled together",
            "Most faces are complete; the others are used, too, as missing labels are left out of "
            "the loss.",
        ),
    ]  # fmt: skip


def _images(analysis: StoredAnalysis) -> list[Block]:
    table = analysis.table("images", IMAGES)
    shares = analysis.summary.get("images", {}).get("convention_shares")
    if table is None or not shares:
        return []
    parts = {str(name): part for name, part in table.groupby("part", sort=False)}
    blocks: list[Block] = [
        Heading("Images"),
        plot(
            "images", draw_statistics(parts, shares), "Training and test images compared",
            "Sharpness is the standard deviation of the Laplacian, divided by the contrast.",
        ),
    ]  # fmt: skip
    odd = analysis.folder / "odd_images.png"
    if odd.exists():
        blocks.append(stored_picture(odd, "The oddest training images", ODD))
    return blocks


def _poses(analysis: StoredAnalysis, train: FaceDataset) -> list[Block]:
    table = analysis.table("geometry", POSES)
    if table is None:
        return []
    return [
        plot(
            "poses", draw_geometry(table, train.scheme), "Size and pose of the training faces",
            "From the labels alone. Numbers above are the interval that 95 % of all faces are in.",
        )
    ]  # fmt: skip


def _locations(analysis: StoredAnalysis, train: FaceDataset) -> list[Block]:
    picture = analysis.folder / "locations.png"
    if not picture.exists():
        return []
    return [
        stored_picture(
            picture, "The labels of each convention over the mean face",
            "Each convention has its own mean face, and its own cloud for each keypoint.",
        ),
        *both_conventions(analysis, train),
    ]  # fmt: skip


def _correlations(analysis: StoredAnalysis) -> list[Block]:
    strongest: Mapping[str, Any] = analysis.summary.get("correlation", {})
    blocks: list[Block] = []
    for convention, pair in strongest.items():
        first, second = (in_words(name) for name in pair["strongest"])
        picture = analysis.folder / f"correlation_{convention}.png"
        if picture.exists():
            blocks.append(stored_picture(
                picture, f"Correlation matrix of the coordinates in convention {convention}",
                f"Convention {convention}: the strongest correlation of two coordinates is "
                f"{pair['correlation']:.2f} ({first} and {second}).",
            ))  # fmt: skip
    return [Heading("Correlations"), *blocks] if blocks else []


def _repeats(analysis: StoredAnalysis, images: pd.DataFrame | None) -> list[Block]:
    if images is None:
        return []
    repeating = analysis.summary["repeats"]["rows_that_repeat_another"]
    text = (
        f"Images that occur more than once: {len(images)}; rows that repeat another's image: "
        f"{repeating}. Repeats are always in the same fold, as scores would be too good otherwise."
    )
    blocks: list[Block] = [Heading("Repeated images"), Text(text)]
    if len(images):
        blocks.append(plot(
            "repeats", draw_repeats(images), "Repeated images and the distances of their labels",
            "What two people do not agree on, no network can predict.",
        ))  # fmt: skip
    return blocks
