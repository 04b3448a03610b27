"""Where keypoints lie, and which move together."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.style import DIVERGING, keypoint_colours, new_figure
from kaggle_fkd.keypoints import Convention, KeypointScheme

_DOTS = 1500
"""At most that many labels of a keypoint are drawn: more only blacken the panel."""


def location_statistics(faces: FaceDataset) -> pd.DataFrame:
    """One row a feature: labelled (how many faces), mean, std, min and max in pixels."""
    table = pd.DataFrame(
        faces.keypoints.reshape(len(faces), -1).astype(np.float64),
        columns=list(faces.scheme.feature_names),
    )
    statistics = table.agg(["count", "mean", "std", "min", "max"]).T
    statistics["count"] = statistics["count"].astype(int)
    return statistics.rename(columns={"count": "labelled"}).rename_axis("feature").reset_index()


def mean_image(faces: FaceDataset) -> NDArray[np.float64]:
    """H x W, the mean of the images; adds up in blocks, so a memory map stays on the disk."""
    return np.asarray(faces.images.mean(axis=0, dtype=np.float64))


def draw_locations(parts: Sequence[FaceDataset]) -> Figure:
    """One panel for each of `parts`, the faces of one convention each."""
    figure = new_figure(6 * len(parts), 6.9)
    for axes, faces in zip(figure.subplots(1, len(parts), squeeze=False)[0], parts, strict=True):
        axes.imshow(mean_image(faces), cmap="gray")
        for index, colour in enumerate(keypoint_colours(faces.scheme)):
            points = faces.keypoints[faces.labelled[:, index], index]
            if len(points) > 1:
                _draw_cloud(axes, points.astype(np.float64), colour)
        height, width = faces.size
        axes.set_xlim(-0.5, width - 0.5)
        axes.set_ylim(height - 0.5, -0.5)
        axes.set_axis_off()
        name = faces.scheme.conventions[faces.convention[0]].name
        axes.set_title(f"convention {name}: {len(faces)} faces")
    figure.suptitle("Labels over the mean face: mean, one and two standard deviations")
    colours = keypoint_colours(parts[0].scheme)
    figure.legend(
        handles=[
            Line2D([], [], color=colours[members[0]], marker="o", linestyle="", label=group)
            for group, members in parts[0].scheme.groups.items()
        ],
        loc="outside lower center", ncols=5, frameon=False,
    )  # fmt: skip
    return figure


def _draw_cloud(axes: Axes, points: NDArray[np.float64], colour: str) -> None:
    """Labels N x 2 of one keypoint as faint dots, their mean, and ellipses of 1 and 2 std."""
    step = -(-len(points) // _DOTS)
    axes.plot(*points[::step].T, ".", color=colour, markersize=2, alpha=0.35)
    mean = points.mean(axis=0)
    variances, directions = np.linalg.eigh(np.cov(points.T))
    angle = np.degrees(np.arctan2(directions[1, 1], directions[0, 1]))
    minor, major = np.sqrt(np.maximum(variances, 0))
    for deviations in (1, 2):
        for line, line_width in (("black", 2.6), (colour, 1.3)):
            ellipse = Ellipse(
                (mean[0], mean[1]), 2 * deviations * major, 2 * deviations * minor, angle=angle,
                fill=False, edgecolor=line, linewidth=line_width,
            )  # fmt: skip
            axes.add_patch(ellipse)
    axes.plot(*mean, "o", color=colour, markeredgecolor="black", markersize=6)


def correlations(faces: FaceDataset) -> pd.DataFrame:
    """Pearson correlations of the 2k coordinates that the faces' one convention marks, 2k x 2k.

    First every x, then every y, by part of the face. Each pair over the faces that have both
    coordinates; NaN where fewer than three do, or where one never changes.
    """
    features = list(faces.scheme.feature_names)
    table = pd.DataFrame(faces.keypoints.reshape(len(faces), -1), columns=features)
    convention = faces.scheme.conventions[faces.convention[0]]
    return table[_grouped_features(faces.scheme, convention)].corr(min_periods=3)


def strongest_pair(matrix: pd.DataFrame) -> tuple[str, str, float]:
    """The two coordinates with the largest absolute correlation, and that correlation."""
    values = matrix.fillna(0).to_numpy()
    row, column = divmod(int(np.abs(np.triu(values, 1)).argmax()), len(values))
    return str(matrix.index[row]), str(matrix.columns[column]), float(values[row, column])


def draw_correlations(matrix: pd.DataFrame, title: str) -> Figure:
    """A heat map with every coefficient written in; grey where there is none."""
    count = len(matrix)
    figure = new_figure(0.44 * count + 4, 0.4 * count + 3)
    axes = figure.subplots()
    sns.heatmap(
        matrix, ax=axes, cmap=DIVERGING, vmin=-1, vmax=1, square=True, annot=True,
        fmt=".2f", annot_kws={"fontsize": 7 if count > 12 else 10}, linewidths=0.5,
        xticklabels=True, yticklabels=True, cbar_kws={"shrink": 0.6, "label": "correlation"},
    )  # fmt: skip
    axes.set_facecolor("#DDDDDD")
    axes.tick_params(axis="x", rotation=90)
    for line in (axes.axhline, axes.axvline):
        line(count / 2, color="black", linewidth=1.5)
    axes.set_title(title, fontsize=13)
    return figure


def _grouped_features(scheme: KeypointScheme, convention: Convention) -> list[str]:
    """Names of the convention's x features, then its y features, each by part of the face."""
    points = [i for group in scheme.groups.values() for i in group if i in convention.keypoints]
    return [scheme.feature_names[2 * i + axis] for axis in (0, 1) for i in points]
