"""Figures of how a network responds to one face, from what `responses` measures.

Chips are H x W grey faces, keypoints x and y in their pixels.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Circle
from numpy.typing import NDArray

from kaggle_fkd.figures.heat_maps import draw_heat
from kaggle_fkd.figures.style import (
    DIVERGING,
    PREDICTED,
    SEQUENTIAL,
    describe,
    hide_axis,
    new_figure,
)
from kaggle_fkd.inspection.feature_maps import MAPS, contrast, shown_maps

PAIRS = 4
"""Maximum number of filters, each beside its map, in a row."""

_ROW_TITLE: dict[str, Any] = {"x": 0.005, "ha": "left", "fontsize": 9}

Maps = NDArray[np.floating]


def draw_filters(filters: Maps, maps: Maps, title: str, note: str) -> Figure:
    """F x h x w filters, each beside its map, F x H x W: its response to the face."""
    columns = min(PAIRS, int(np.ceil(np.sqrt(len(filters)))))
    rows = -(-len(filters) // columns)
    figure = new_figure(2.7 * columns, 1.45 * rows + 1.4)
    grid = figure.subplots(rows, 2 * columns, squeeze=False).ravel()
    for axes in grid:
        hide_axis(axes)
    highest = np.abs(filters).max()
    for index, (kernel, response) in enumerate(zip(filters, maps, strict=True)):
        left, right = grid[2 * index : 2 * index + 2]
        weights = left.imshow(kernel, cmap=DIVERGING, vmin=-highest, vmax=highest)
        left.set_title(f"filter {index}", fontsize=9)
        _draw_map(right, response, "gray")
        right.set_title(f"map {index}", fontsize=9)
    figure.colorbar(
        weights, ax=list(grid), location="bottom", shrink=0.5, aspect=40,
        label="weight of a pixel",
    )  # fmt: skip
    describe(figure, title, note)
    return figure


def draw_features(chip: NDArray[np.uint8], maps: Mapping[str, Maps], title: str) -> Figure:
    """Some maps, C x h x w, of some layers, from the first to the last, below the face.

    The maps whose values vary most over the face are shown, each with colours from its own low to
    its own high values.
    """
    layers = shown_maps(maps)
    figure = new_figure(1.15 * MAPS, 1.42 * (len(layers) + 1))
    top, *rows = figure.subfigures(len(layers) + 1, 1, squeeze=False).ravel()
    top.suptitle(f"the face, {chip.shape[1]} x {chip.shape[0]} pixels", **_ROW_TITLE)
    _row_of_axes(top)[0].imshow(chip, cmap="gray", vmin=0, vmax=255)
    for row, (name, shown) in zip(rows, layers.items(), strict=True):
        count, height, width = maps[name].shape
        row.suptitle(f"{name}: {count} maps of {width} x {height}", **_ROW_TITLE)
        for axes, values in zip(_row_of_axes(row), shown, strict=False):
            _draw_map(axes, values, SEQUENTIAL)
    describe(
        figure, title,
        f"{len(layers)} of {len(maps)} convolutions, named as in the network's code, and of each "
        "the maps that vary most over this face; yellow is high, violet low. Early maps show edges "
        "and shades, later ones are coarser and respond to larger parts of the face.",
    )  # fmt: skip
    return figure


def draw_heat_maps(
    chip: NDArray[np.uint8],
    keypoints: Maps,
    names: Sequence[str],
    rows: Mapping[str, Maps],
    title: str,
    note: str,
) -> Figure:
    """Heat maps over the face: one column per keypoint, K x 2, one row per kind.

    `rows` are the K x h x w maps of each kind, by its name, drawn from 0 to their highest value.
    The note is printed below the title.
    """
    figure = new_figure(2.3 * len(names), 2.3 * len(rows) + 0.3)
    grid = figure.subplots(len(rows), len(names), squeeze=False)
    for row, (kind, maps) in zip(grid, rows.items(), strict=True):
        for axes, heat, keypoint in zip(row, maps, keypoints, strict=True):
            draw_heat(axes, chip, _from_0_to_1(heat))
            _mark(axes, keypoint)
            axes.set(xticks=[], yticks=[])
        row[0].set_ylabel(kind)
    for axes, name in zip(grid[0], names, strict=True):
        axes.set_title(name, fontsize=10)
    describe(figure, title, note)
    return figure


def draw_saliency(chip: NDArray[np.uint8], keypoint: Maps, saliency: Maps, title: str) -> Figure:
    """The face with the keypoint, 2, then its saliency, H x W, then both together."""
    figure = new_figure(11.5, 3.7)
    face, alone, over = figure.subplots(1, 3)
    face.imshow(chip, cmap="gray", vmin=0, vmax=255)
    face.set_title("the face and the keypoint", fontsize=10)
    highest = np.percentile(saliency, 99.5)
    drawn = alone.imshow(saliency, cmap=SEQUENTIAL, vmin=0, vmax=highest)
    alone.set_title("saliency: which parts of the face it depends on", fontsize=10)
    figure.colorbar(
        drawn, ax=alone, shrink=0.85, extend="max",
        label="pixels that it moves when a small square\nof the face is covered",
    )  # fmt: skip
    draw_heat(over, chip, _from_0_to_1(saliency))
    radius = half_radius(saliency, keypoint)
    over.add_patch(Circle((keypoint[0], keypoint[1]), radius, fill=False, color="white", ls="--"))
    over.set_title(f"half of it is within the circle, {radius:.0f} px", fontsize=10)
    for axes in (face, alone, over):
        _mark(axes, keypoint)
        hide_axis(axes)
    describe(
        figure, title,
        "The keypoint depends on the parts of the face that move it when they are covered.",
    )  # fmt: skip
    return figure


def half_radius(saliency: Maps, keypoint: Maps) -> float:
    """The radius, in pixels, of the circle around the keypoint with half of the saliency, H x W.

    What is below the median counts for nothing: covering any part moves a keypoint a little.
    """
    saliency = np.clip(saliency - np.median(saliency), 0, None)
    y, x = np.indices(saliency.shape)
    distance = np.hypot(x - keypoint[0], y - keypoint[1]).ravel()
    order = np.argsort(distance)
    within = np.cumsum(saliency.ravel()[order], dtype=np.float64)
    return float(distance[order][np.searchsorted(within, within[-1] / 2)])


def _from_0_to_1(values: Maps) -> Maps:
    """The values divided by the highest one, unless all are 0.

    They are 0 for a keypoint far outside the chip, and for a network that ignores its input.
    """
    return values / (values.max() or 1)


def _draw_map(axes: Axes, values: Maps, colours: str) -> None:
    low, high = contrast(values)
    axes.imshow(values, cmap=colours, vmin=low, vmax=high)


def _mark(axes: Axes, keypoint: Maps) -> None:
    axes.plot(
        *keypoint, marker="o", markersize=5, color=PREDICTED, markeredgecolor="white",
        scalex=False, scaley=False,
    )  # fmt: skip


def _row_of_axes(row: SubFigure) -> NDArray[np.object_]:
    """MAPS axes, which are invisible while they are empty."""
    axes = row.subplots(1, MAPS)
    for each in axes:
        hide_axis(each)
    return np.asarray(axes)
