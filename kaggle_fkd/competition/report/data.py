"""The data in a report: missing labels, label conventions, correlations, repeated images."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from kaggle_fkd.competition.eda.missing import draw_label_patterns, draw_missing_counts
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
REPEATS = ("conventions", "id_1", "id_2", "max_distance")
"""The columns that the report needs of the tables of the analysis."""


def data_section(analysis: StoredAnalysis | None, train: FaceDataset, command: str) -> Section:
    """What the training faces are; `command` writes the analysis that it is read from."""
    if analysis is None:
        what = "missing labels, correlations, repeated images and methods of imputation"
        blocks: list[Block] = [_conventions(train), Absent(what, command)]
    else:
        repeats = analysis.table("repeats", REPEATS)
        blocks = [
            _conventions(train),
            *_locations(analysis, train, repeats),
            *_missing(analysis, train),
            *_correlations(analysis),
            *_repeats(analysis, repeats),
        ]
    return Section("data", "The data", tuple(blocks))


def _conventions(train: FaceDataset) -> Table:
    """A row for each label convention: what it marks, on how many faces."""
    rows = []
    for index, convention in enumerate(train.scheme.conventions):
        labelled = train.labelled[train.convention == index][:, list(convention.keypoints)]
        rows.append((
            Cell(convention.name), Cell(convention.meaning), count(len(labelled)),
            count(int(labelled.all(axis=1).sum())), count(int((~labelled).sum())),
        ))  # fmt: skip
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
            "Faces that lack a keypoint which their convention marks. What a convention does not "
            "mark is not missing: filling it in would teach the network a guess.",
        ),
        plot(
            "label-patterns", draw_label_patterns(patterns, train.scheme),
            "Combinations of keypoints that are labelled together",
            "Each row is a combination of labelled keypoints, the most frequent first. Most faces "
            "are complete; the others are used, too, as missing labels are left out of the loss.",
        ),
    ]  # fmt: skip


def _locations(
    analysis: StoredAnalysis, train: FaceDataset, repeats: pd.DataFrame | None
) -> list[Block]:
    picture = analysis.folder / "locations.png"
    if not picture.exists():
        return []
    return [
        stored_picture(
            picture, "The labels of each convention over the mean face",
            "Where the labels of each convention lie: mean, one and two standard deviations. "
            "Keypoints of the same name are not the same place in both.",
        ),
        *both_conventions(repeats, train),
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
                f"{pair['correlation']:.2f} ({first} and {second}). Coordinates of one axis move "
                "together, so the others of a face tell much about a missing one.",
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
            "Left: the conventions of the rows that share an image. Right: how far apart two "
            "labels of a keypoint on the same image are, which no network can predict.",
        ))  # fmt: skip
    return blocks
