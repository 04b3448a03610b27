"""Faces with their keypoints: one face, or a gallery of them."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import UsageError
from kaggle_fkd.figures.palette import keypoint_colours
from kaggle_fkd.figures.style import PREDICTED, describe, hide_axis, new_figure
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.system.text import in_words

GALLERY_FACES = 24
"""Faces in the galleries of predictions and evaluations: four rows."""

_CELL = 1.9
"""Width of a face's cell in inches."""
_GAP = 0.04
"""Space around a cell in inches."""
_BORDER = 0.04
"""The border around a face, as a share of its size; points in it stay visible."""
_CAPTION, _LEGEND = 0.155, 0.3
"""Height of a line of a caption, and of the legend, in inches."""
_MARKERS = {False: "o", True: "s"}
"""Markers of keypoints, by whether they are on the person's left."""
_OUTLINE = [withStroke(linewidth=2.4, foreground="black")]
_CROSS_OUTLINE = [withStroke(linewidth=3.2, foreground="black")]
_NEUTRAL = "#555555"
"""Colour of entries of the legend that stand for keypoints of all colours."""


def draw_face(
    axes: Axes,
    image: NDArray[np.uint8],
    keypoints: NDArray[np.floating],
    scheme: KeypointScheme,
    predicted: NDArray[np.floating] | None = None,
    window: Sequence[float] | None = None,
) -> None:
    """Draw an H x W face with K x 2 `keypoints` in pixels, coloured by group.

    Those on the person's left are squares, the others are dots. `predicted`, K x 2, is drawn as
    crosses, each with a line to its keypoint, which is then hollow, or in the colour of its group
    where there is no keypoint; if it is K x 3, with circles whose radius is the expected error. NaN
    coordinates are left out. `window` is the part of the face to show, all of it if it is NaN: x
    and y of its centre, and half of its side.
    """
    height, width = image.shape
    axes.imshow(image, cmap="gray", vmin=0, vmax=255)
    if predicted is None:
        predicted = np.full_like(keypoints, np.nan)
    _draw_keypoints(axes, keypoints, scheme, np.isfinite(predicted).all(axis=1))
    _draw_predicted(axes, keypoints, predicted, scheme)
    if window is None or np.isnan(window).any():
        border_x, border_y = _BORDER * width, _BORDER * height
        axes.set_xlim(-border_x, width - 1 + border_x)
        axes.set_ylim(height - 1 + border_y, -border_y)
    else:
        x, y, half = window
        axes.set_xlim(x - half, x + half)
        axes.set_ylim(y + half, y - half)
    hide_axis(axes)


def _draw_keypoints(
    axes: Axes, keypoints: NDArray[np.floating], scheme: KeypointScheme, hollow: NDArray[np.bool_]
) -> None:
    """Dots and squares, those of the mask `hollow` with the face visible inside them."""
    colours = np.array(keypoint_colours(scheme))
    for is_left, is_hollow in product((False, True), repeat=2):
        chosen = (_is_left(scheme) == is_left) & (hollow == is_hollow)
        look: dict[str, Any] = (
            {"facecolors": "none", "edgecolors": colours[chosen], "linewidths": 1.3}
            if is_hollow
            else {"c": colours[chosen], "edgecolors": "black", "linewidths": 0.6}
        )
        axes.scatter(
            keypoints[chosen, 0], keypoints[chosen, 1], s=_marker_area(axes),
            marker=_MARKERS[is_left], path_effects=_OUTLINE if is_hollow else None, **look,
        )  # fmt: skip


def _draw_predicted(
    axes: Axes, keypoints: NDArray[np.floating], predicted: NDArray[np.floating],
    scheme: KeypointScheme,
) -> None:  # fmt: skip
    """Crosses, lines to the keypoints, and circles of expected errors."""
    pairs = np.stack([keypoints, predicted[:, :2]], axis=1)
    known = pairs[np.isfinite(pairs).all(axis=(1, 2))]
    axes.add_collection(
        LineCollection(list(known), colors=PREDICTED, linewidths=1.2), autolim=False
    )
    compared = np.isfinite(keypoints).all(axis=1)
    area = _marker_area(axes)
    # A small cross does not cover the keypoint that it is compared with.
    axes.scatter(
        predicted[compared, 0], predicted[compared, 1], s=0.45 * area, c=PREDICTED, marker="x",
        linewidths=1.2, zorder=3,
    )  # fmt: skip
    axes.scatter(
        predicted[~compared, 0], predicted[~compared, 1], s=1.4 * area, marker="x",
        c=np.array(keypoint_colours(scheme))[~compared], linewidths=1.6,
        path_effects=_CROSS_OUTLINE, zorder=3,
    )  # fmt: skip
    if predicted.shape[1] == 3:
        for x, y, error in predicted[np.isfinite(predicted).all(axis=1)]:
            axes.add_patch(Circle((x, y), error, fill=False, color=PREDICTED, linewidth=0.6))


def _marker_area(axes: Axes) -> float:
    """The area of a marker in square points, larger on larger axes."""
    points = axes.get_window_extent().width * 72 / axes.figure.dpi
    return float(max(0.25 * points, 8))


def _is_left(scheme: KeypointScheme) -> NDArray[np.bool_]:
    """K, true for the keypoints on the person's left."""
    left = np.zeros(len(scheme.names), bool)
    left[[pair[0] for pair in scheme.flip_pairs]] = True
    return left


def gallery(
    faces: FaceDataset,
    captions: Sequence[str],
    title: str,
    predicted: NDArray[np.floating] | None = None,
    columns: int = 6,
    predicted_label: str = "predicted",
    note: str = "",
    windows: NDArray[np.floating] | None = None,
) -> Figure:
    """All N faces in a grid with N captions above them, and a legend of the keypoint groups.

    `predicted`, N x K x 2 or N x K x 3 in pixels, and `windows`, N x 3, are drawn as `draw_face`
    does; the legend calls the crosses `predicted_label`. Captions, title and the note below it are
    plain text, without mathematical notation. Raises UsageError without faces.
    """
    if not len(faces):
        raise UsageError("there is no face to show", "give at least one")
    columns = min(columns, len(faces))
    figure, grid = _face_grid(faces.size, captions, columns)
    for index, (axes, caption) in enumerate(zip(grid[: len(faces)], captions, strict=True)):
        draw_face(
            axes, faces.images[index], faces.keypoints[index], faces.scheme,
            None if predicted is None else predicted[index],
            None if windows is None else windows[index],
        )  # fmt: skip
        axes.set_title(caption, fontsize=8.5, pad=1, parse_math=False)
    handles = _legend(faces, predicted, predicted_label)
    needed = sum(0.6 + 0.07 * len(str(handle.get_label())) for handle in handles)  # inches
    rows = max(1, -(-needed // figure.get_figwidth()))
    figure.legend(
        handles=handles, loc="outside lower center", frameon=False, fontsize=9,
        ncols=max(1, int(-(-len(handles) // rows))),
    )  # fmt: skip
    if title:
        describe(figure, title, note)
    return figure


def _face_grid(
    size: tuple[int, int], captions: Sequence[str], columns: int
) -> tuple[Figure, NDArray[np.object_]]:
    """A figure of axes, as large as faces of this height and width and their captions need."""
    rows = -(-len(captions) // columns)
    lines = [
        max(caption.count("\n") + bool(caption) for caption in captions[start : start + columns])
        for start in range(0, len(captions), columns)
    ]
    face = (_CELL - 2 * _GAP) * size[0] / size[1]
    height = rows * (face + 2 * _GAP) + _CAPTION * sum(lines) + _LEGEND
    figure = new_figure(max(_CELL * columns, 5.5), height)
    figure.set_layout_engine("compressed", w_pad=_GAP, h_pad=_GAP, wspace=0, hspace=0)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        hide_axis(axes)
    return figure, grid


def _legend(
    faces: FaceDataset, predicted: NDArray[np.floating] | None, predicted_label: str
) -> list[Line2D]:
    """An entry for each group that has labels, for sides, and for what predictions have."""
    labelled = np.asarray(faces.labelled.any(axis=0))
    colours = keypoint_colours(faces.scheme)
    handles = [
        _entry(in_words(group), colours[members[0]], "o")
        for group, members in faces.scheme.groups.items()
        if labelled[list(members)].any()
    ]
    if labelled[_is_left(faces.scheme)].any():
        handles.append(_entry("square: the person's left", _NEUTRAL, "s", fillstyle="none"))
    if predicted is not None:
        compared = (faces.labelled & np.isfinite(predicted).all(axis=2)).any()
        handles.append(_entry(predicted_label, PREDICTED if compared else _NEUTRAL, "x"))
        if predicted.shape[-1] == 3:
            handles.append(_entry("expected error", PREDICTED, "o", fillstyle="none"))
    return handles


def _entry(label: str, colour: str, marker: str, **style: Any) -> Line2D:
    return Line2D([], [], color=colour, marker=marker, linestyle="", label=label, **style)
