"""Locations of the keypoints: the mean position of each one, its spread, and its distribution."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from kaggle_fkd.competition.eda.topic import TOO_FEW, Topic, faces_by_convention
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.distributions import COLOURS
from kaggle_fkd.figures.ellipse import spread_ellipse
from kaggle_fkd.figures.palette import keypoint_colours
from kaggle_fkd.figures.style import describe, new_figure
from kaggle_fkd.system.text import count_of, in_words

_MAX_DOTS = 1500
"""At most this many labels of a keypoint are drawn, as more would cover the mean face."""
_BIN, _HALF_RANGE, _TICK = 2, 24, 16
"""The histograms in pixels: the width of a bin, what is shown at each side of the median, and the
distance of the ticks."""
_SHARES, _SHARE_TICKS = (3e-4, 0.6), (0.001, 0.01, 0.1)
"""The shares of the faces that the histograms show, and their ticks."""


def topic(train: FaceDataset, config: EdaConfig) -> Topic:
    """The statistics of every coordinate in each convention, the mean positions side by side, the
    labels over the mean face, and histograms.
    """
    parts = faces_by_convention(train)
    if not parts:
        return TOO_FEW
    tables = {name: location_statistics(faces) for name, faces in parts.items()}
    widest = {name: table.iloc[int(table["std"].argmax())] for name, table in tables.items()}
    return Topic(
        ", ".join(
            f"largest spread in convention {name}: {in_words(row['feature'])} "
            f"(std {row['std']:.1f} px)"
            for name, row in widest.items()
        ),
        {
            name: {"widest": row["feature"], "std": float(row["std"])}
            for name, row in widest.items()
        },
        {
            "locations": pd.concat(tables, names=["convention"]).droplevel(1),
            "mean_positions": mean_positions(parts),
        },
        {
            "locations": draw_locations(list(parts.values())),
            "histograms": draw_histograms(parts),
        },
    )


def location_statistics(faces: FaceDataset) -> pd.DataFrame:
    """One row per feature: feature, labelled (number of faces), mean, std, min, max (pixels).

    Missing labels are left out.
    """
    table = pd.DataFrame(
        faces.keypoints.reshape(len(faces), -1).astype(np.float64),
        columns=list(faces.scheme.feature_names),
    )
    statistics = table.agg(["count", "mean", "std", "min", "max"]).T
    statistics["count"] = statistics["count"].astype(int)
    return statistics.rename(columns={"count": "labelled"}).rename_axis("feature").reset_index()


def mean_positions(parts: Mapping[str, FaceDataset]) -> pd.DataFrame:
    """The mean x and y in pixels of the keypoints that every one of the `parts` labels.

    `parts` are the faces of each convention, by its name. One row per keypoint; the columns are
    x_A, y_A, x_B, y_B and so on.
    """
    columns = {
        f"{axis}_{name}": faces.mean_keypoints()[:, index].astype(np.float64)
        for name, faces in parts.items()
        for index, axis in enumerate("xy")
    }
    keypoints = next(iter(parts.values())).scheme.names
    return pd.DataFrame(columns, index=pd.Index(keypoints, name="keypoint")).dropna()


def mean_image(faces: FaceDataset) -> NDArray[np.float64]:
    """H x W, the mean of the images; memory-mapped ones are read block by block."""
    return np.asarray(faces.images.mean(axis=0, dtype=np.float64))


def draw_locations(parts: Sequence[FaceDataset]) -> Figure:
    """One panel per element of `parts`, each of which has the faces of one convention."""
    figure = new_figure(5.4 * len(parts), 6)
    for axes, faces in zip(figure.subplots(1, len(parts), squeeze=False)[0], parts, strict=True):
        axes.imshow(mean_image(faces), cmap="gray", interpolation="bilinear")
        for index, colour in enumerate(keypoint_colours(faces.scheme)):
            points = faces.keypoints[faces.labelled[:, index], index]
            if len(points) > 1:
                _draw_cloud(axes, points.astype(np.float64), colour)
        height, width = faces.size
        axes.set_xlim(-0.5, width - 0.5)
        axes.set_ylim(height - 0.5, -0.5)
        axes.set_axis_off()
        name = faces.scheme.conventions[faces.convention[0]].name
        axes.set_title(f"convention {name}: {count_of(len(faces), 'face')}")
    colours = keypoint_colours(parts[0].scheme)
    figure.legend(
        handles=[
            Line2D([], [], color=colours[each[0]], marker="o", linestyle="", label=in_words(group))
            for group, each in parts[0].scheme.groups.items()
        ],
        loc="outside lower center", ncols=5, frameon=False,
    )  # fmt: skip
    describe(
        figure, "Where the labels lie: all of them over the mean face",
        "Dots are labels, ellipses one and two standard deviations around their mean. Keypoints of "
        "one name are not the same place in both conventions: compare nose and lower lip.",
    )  # fmt: skip
    return figure


def draw_histograms(parts: Mapping[str, FaceDataset], columns: int = 8) -> Figure:
    """Histograms of every labelled coordinate: x above y, a colour for each of the `parts`.

    `parts` are the faces of each convention, by its name. All panels span the same number of
    pixels, around the median of the coordinate; labels further away are counted at the border.
    """
    scheme = next(iter(parts.values())).scheme
    drawn = [
        index for index in range(len(scheme.names))
        if any(faces.labelled[:, index].any() for faces in parts.values())
    ]  # fmt: skip
    columns = min(columns, len(drawn))
    bands = -(-len(drawn) // columns)
    figure = new_figure(1.45 * columns + 0.9, 2.7 * bands + 0.5)
    grid = figure.subplots(2 * bands, columns, squeeze=False, sharey=True)
    for axes in grid.ravel():
        axes.set_axis_off()
    for number, index in enumerate(drawn):
        band, column = divmod(number, columns)
        for axis, name in enumerate("xy"):
            axes = grid[2 * band + axis, column]
            axes.set_axis_on()
            _draw_histogram(axes, [
                faces.keypoints[faces.labelled[:, index], index, axis] for faces in parts.values()
            ])  # fmt: skip
            if column == 0:
                axes.set_ylabel(name, rotation=0, labelpad=8)
        grid[2 * band, column].set_title(in_words(scheme.names[index]), fontsize=8)
    figure.legend(
        handles=[
            Patch(
                facecolor=f"{colour}33", edgecolor=colour, linewidth=1.4,
                label=f"convention {name}: {count_of(len(faces), 'face')}",
            )
            for (name, faces), colour in zip(parts.items(), COLOURS, strict=False)
        ],
        loc="outside lower center", ncols=len(parts), frameon=False,
    )  # fmt: skip
    describe(
        figure, "Histograms of the coordinates in pixels, x above y",
        f"Shares of the faces of each convention on a logarithmic scale, {2 * _HALF_RANGE} pixels "
        "around the median of each coordinate. Where two hills part, the conventions mark another "
        "place; turned heads make slopes, wrong labels bars that stand alone or at the border, "
        "where everything beyond is counted.",
    )  # fmt: skip
    return figure


def _draw_histogram(axes: Axes, parts: Sequence[NDArray[np.floating]]) -> None:
    """The shares of the values of each of the parts, around the median of them all."""
    middle = _BIN * round(float(np.median(np.concatenate(parts))) / _BIN)
    low, high = middle - _HALF_RANGE, middle + _HALF_RANGE
    edges = np.arange(low, high + _BIN, _BIN).tolist()
    for values, colour in zip(parts, COLOURS, strict=False):
        if len(values):
            # One polygon instead of a bar for each bin.
            axes.hist(
                values.clip(low, high), edges, weights=np.full(len(values), 1 / len(values)),
                histtype="stepfilled", facecolor=f"{colour}33", edgecolor=colour, linewidth=1,
                log=True,
            )  # fmt: skip
    axes.set(xlim=(low, high), xticks=[middle - _TICK, middle, middle + _TICK], ylim=_SHARES)
    axes.set_yticks(_SHARE_TICKS, [f"{100 * share:g} %" for share in _SHARE_TICKS])
    axes.minorticks_off()
    axes.tick_params(labelsize=7, pad=2)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_cloud(axes: Axes, points: NDArray[np.float64], colour: str) -> None:
    """Draw N x 2 labels of one keypoint as faint dots, their mean, and ellipses of 1 and 2 std."""
    step = -(-len(points) // _MAX_DOTS)
    axes.plot(*points[::step].T, ".", color=colour, markersize=2, alpha=0.35)
    mean = points.mean(axis=0)
    for deviations in (1, 2):
        for line, line_width in (("black", 2.6), (colour, 1.3)):
            axes.add_patch(spread_ellipse(
                points, mean, deviations, fill=False, edgecolor=line, linewidth=line_width
            ))  # fmt: skip
    axes.plot(*mean, "o", color=colour, markeredgecolor="black", markersize=6)
