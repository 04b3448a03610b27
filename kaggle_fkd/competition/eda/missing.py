"""Missing labels: the number per keypoint, and which keypoints are labelled together."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from kaggle_fkd.competition.eda.section import Section
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.palette import PALETTE
from kaggle_fkd.figures.style import new_figure
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.system.text import count_of

_LABELLED, _MISSING, _NOT_MARKED = PALETTE[0], PALETTE[6], "#EEEEEE"


def section(train: FaceDataset, config: EdaConfig) -> Section:
    """How many labels are missing, in which combinations, and how many faces are complete."""
    counts, patterns = missing_counts(train), label_patterns(train)
    conventions = {}
    for index, convention in enumerate(train.scheme.conventions):
        labelled = train.labelled[train.convention == index][:, list(convention.keypoints)]
        conventions[convention.name] = {
            "faces": len(labelled),
            "complete": int(labelled.all(axis=1).sum()),
            "missing_labels": int((~labelled).sum()),
        }
    return Section(
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
    """Horizontal bars of the table of `missing_counts`, one panel per convention."""
    conventions = list(counts["convention"].unique())
    figure = new_figure(4.5 * len(conventions) + 2.5, 5.2)
    panels = figure.subplots(1, len(conventions), sharey=True, squeeze=False).ravel()
    for axes, colour, name in zip(panels, PALETTE, conventions, strict=False):
        table = counts[counts["convention"] == name]
        faces = int(table["faces"].iloc[0])
        shown = table["missing"].where(table["marked"], 0)
        bars = axes.barh(table["keypoint"], shown, color=colour)
        if faces:
            texts = [
                f"{row.missing} ({row.share:.1%})" if row.marked else f"not marked in {name}"
                for row in table.itertuples()
            ]
            axes.bar_label(bars, texts, padding=4, fontsize=8)
        else:
            axes.text(0.5, 0.5, "no faces", transform=axes.transAxes, ha="center")
        # Room for the text to the right of the longest bar.
        axes.set_xlim(0, 1.45 * max(int(shown.max()), 1))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set(
            xlabel="faces without this keypoint",
            title=f"convention {name}: {count_of(faces, 'face')}",
        )
    panels[0].invert_yaxis()
    figure.suptitle("Missing labels by keypoint")
    return figure


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
    figure = new_figure(9.5, 0.32 * sum(heights) + 0.6 * len(tables) + 3.2)
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
    panels[-1].set_xticks(range(len(scheme.names)), scheme.names, rotation=90, fontsize=9)
    figure.suptitle("Keypoints that are labelled together")
    figure.legend(
        handles=[
            Patch(color=_LABELLED, label="labelled"),
            Patch(color=_MISSING, label="missing"),
            Patch(color=_NOT_MARKED, label="not marked in this convention"),
        ],
        loc="outside lower center", ncols=3, frameon=False,
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
