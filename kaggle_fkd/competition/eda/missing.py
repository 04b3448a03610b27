"""Missing labels: the number per keypoint, and which keypoints are labelled together."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from kaggle_fkd.competition.eda.topic import Topic
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.palette import PALETTE
from kaggle_fkd.figures.style import describe, new_figure
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.system.text import count_of, in_words

_LABELLED, _MISSING, _NOT_MARKED = PALETTE[0], PALETTE[6], "#EEEEEE"


def topic(train: FaceDataset, config: EdaConfig) -> Topic:
    """How many labels are missing, in which combinations, and how many faces are complete."""
    counts, patterns = missing_counts(train), label_patterns(train)
    conventions = completeness(train)
    return Topic(
        ", ".join(
            f"{numbers['complete']} of {count_of(numbers['faces'], 'face')} of convention {name} "
            "complete"
            for name, numbers in conventions.items()
        ),
        conventions,
        {"missing": counts, "label_patterns": patterns},
        {
            "missing": draw_missing_counts(counts),
            "label_patterns": draw_label_patterns(patterns, train.scheme),
        },
    )


def completeness(faces: FaceDataset) -> dict[str, dict[str, int]]:
    """By each convention's name, the numbers of its `faces`, of those that are `complete`, and of
    its `missing_labels`."""
    numbers = {}
    for index, convention in enumerate(faces.scheme.conventions):
        labelled = faces.labelled[faces.convention == index][:, list(convention.keypoints)]
        numbers[convention.name] = {
            "faces": len(labelled),
            "complete": int(labelled.all(axis=1).sum()),
            "missing_labels": int((~labelled).sum()),
        }
    return numbers


def missing_counts(faces: FaceDataset) -> pd.DataFrame:
    """One row per convention and keypoint: the number of the convention's faces that lack it.

    Columns: convention, keypoint, marked (whether the convention marks it at all), faces (of the
    convention), missing_x, missing_y, missing (faces that lack either coordinate), share (missing
    / faces; NaN if there are no faces).
    """
    rows = []
    for index, convention in enumerate(faces.scheme.conventions):
        unknown = ~np.isfinite(faces.keypoints[faces.convention == index])
        for keypoint, name in enumerate(faces.scheme.names):
            missing = int(unknown[:, keypoint].any(axis=1).sum())
            rows.append(
                {
                    "convention": convention.name,
                    "keypoint": name,
                    "marked": keypoint in convention.keypoints,
                    "faces": len(unknown),
                    "missing_x": int(unknown[:, keypoint, 0].sum()),
                    "missing_y": int(unknown[:, keypoint, 1].sum()),
                    "missing": missing,
                    "share": missing / len(unknown) if len(unknown) else np.nan,
                }
            )
    return pd.DataFrame(rows)


def label_patterns(faces: FaceDataset) -> pd.DataFrame:
    """One row per convention and combination of labelled keypoints, most frequent first.

    Columns: convention, faces (with this combination), share (of the convention's faces), points
    (number of labelled keypoints), then one column per keypoint: 1 if labelled, else 0.
    """
    tables = []
    for index, convention in enumerate(faces.scheme.conventions):
        labelled = faces.labelled[faces.convention == index]
        patterns, counts = np.unique(labelled, axis=0, return_counts=True)
        table = pd.DataFrame(patterns.astype(int), columns=list(faces.scheme.names))
        table.insert(0, "convention", convention.name)
        table.insert(1, "faces", counts)
        table.insert(2, "share", counts / max(len(labelled), 1))
        table.insert(3, "points", patterns.sum(axis=1))
        tables.append(table.sort_values(["faces", "points"], ascending=False))
    return pd.concat(tables, ignore_index=True)


def draw_missing_counts(counts: pd.DataFrame) -> Figure:
    """The table of `missing_counts`: the rows of training.csv, then each convention's own gaps."""
    conventions = [
        name for name, table in counts.groupby("convention", sort=False) if table["faces"].any()
    ]
    figure = new_figure(5.2 + 3.1 * len(conventions), 4.6)
    rows, *panels = figure.subplots(
        1, len(conventions) + 1, sharey=True, width_ratios=(1.3, *(1 for _ in conventions))
    )
    _draw_rows(rows, counts)
    highest = counts.loc[counts["marked"], "share"].max()
    for axes, name in zip(panels, conventions, strict=True):
        _draw_gaps(axes, counts[counts["convention"] == name])
        axes.set_xlim(0, 1.6 * max(highest, 0.001))  # room for the text beside the longest bar
    _add_legend(figure, "not marked in the face's convention")
    describe(
        figure, "Missing labels by keypoint",
        "Most empty cells of training.csv (grey) were never meant to be filled: the sparse "
        "convention does not mark these keypoints. What is really missing is on the right.",
    )  # fmt: skip
    return figure


def _draw_rows(axes: Axes, counts: pd.DataFrame) -> None:
    """Stacked bars: the faces in which each keypoint is labelled, missing, or not marked."""
    marked = counts["marked"]
    parts = pd.DataFrame(
        {
            _LABELLED: (counts["faces"] - counts["missing"]).where(marked, 0),
            _MISSING: counts["missing"].where(marked, 0),
            _NOT_MARKED: counts["faces"].where(~marked, 0),
        }
    )
    sums = parts.groupby(counts["keypoint"], sort=False).sum()
    names = [in_words(name) for name in sums.index]
    start = np.zeros(len(sums))
    for colour in sums:
        axes.barh(names, sums[colour], left=start, color=colour)
        start += sums[colour]
    axes.invert_yaxis()
    axes.margins(x=0)
    axes.set(xlabel="faces", title=f"all: {count_of(int(start.max()), 'face')}")


def _draw_gaps(axes: Axes, table: pd.DataFrame) -> None:
    """Bars of the share of a convention's faces that lack a keypoint which it marks."""
    name, faces = table["convention"].iloc[0], int(table["faces"].iloc[0])
    bars = axes.barh(
        [in_words(keypoint) for keypoint in table["keypoint"]],
        table["share"].where(table["marked"], 0), color=_MISSING,
    )  # fmt: skip
    texts = [
        f"{row.missing} ({row.share:.1%})" if row.marked else "not marked"
        for row in table.itertuples()
    ]
    for label, is_marked in zip(
        axes.bar_label(bars, texts, padding=4, fontsize=8), table["marked"], strict=True
    ):
        label.set_color("black" if is_marked else "#999999")
    axes.xaxis.set_major_formatter(PercentFormatter(1, 1, " %"))
    axes.xaxis.set_major_locator(MaxNLocator(4, prune="upper"))
    axes.set(xlabel="missing", title=f"convention {name}: {count_of(faces, 'face')}")


def draw_label_patterns(
    patterns: pd.DataFrame, scheme: KeypointScheme, most_frequent: int = 14
) -> Figure:
    """A matrix of the `most_frequent` rows of the table of `label_patterns`, per convention."""
    tables = {
        convention: patterns[patterns["convention"] == convention.name].head(most_frequent)
        for convention in scheme.conventions
        if (patterns["convention"] == convention.name).any()
    }
    heights = [len(table) for table in tables.values()]
    figure = new_figure(9.5, 0.26 * sum(heights) + 0.5 * len(tables) + 2.6)
    panels = figure.subplots(
        len(tables), 1, sharex=True, squeeze=False, height_ratios=heights
    ).ravel()
    for axes, (convention, table) in zip(panels, tables.items(), strict=True):
        cells = 1 - table[list(scheme.names)].to_numpy()
        outside = np.setdiff1d(np.arange(len(scheme.names)), convention.keypoints)
        cells[:, outside] = 2
        _draw_cells(axes, cells)
        axes.set_yticks(
            range(len(table)),
            [
                f"{count_of(faces, 'face')} ({share:.1%})"
                for faces, share in zip(table["faces"], table["share"], strict=True)
            ],
            fontsize=8,
        )
        total = (patterns["convention"] == convention.name).sum()
        shown = f"{len(table)} of {count_of(total, 'pattern')}"
        axes.set_title(f"convention {convention.name}: {shown}")
    names = [in_words(name) for name in scheme.names]
    panels[-1].set_xticks(range(len(names)), names, rotation=90, fontsize=9)
    _add_legend(figure, "not marked in this convention")
    describe(
        figure, "Keypoints that are labelled together",
        "Each row is a combination, the most frequent first. Where keypoints of one part of the "
        "face are missing together, something may hide it.",
    )  # fmt: skip
    return figure


def _draw_cells(axes: Axes, cells: NDArray[np.int64]) -> None:
    """Colour each cell: 0 means labelled, 1 missing, 2 not marked; row 0 is at the top."""
    rows, columns = cells.shape
    axes.pcolormesh(
        np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5, cells, vmin=0, vmax=2,
        cmap=ListedColormap([_LABELLED, _MISSING, _NOT_MARKED]), edgecolors="white", linewidth=1.5,
    )  # fmt: skip
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _add_legend(figure: Figure, not_marked: str) -> None:
    """Say what the colours mean."""
    meanings = {_LABELLED: "labelled", _MISSING: "missing", _NOT_MARKED: not_marked}
    figure.legend(
        handles=[Patch(color=colour, label=meaning) for colour, meaning in meanings.items()],
        loc="outside lower center", ncols=3, frameon=False,
    )  # fmt: skip
