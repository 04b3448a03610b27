"""Faces with their keypoints: one face, or a gallery of them."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.palette import keypoint_colours
from kaggle_fkd.figures.style import PREDICTED, new_figure
from kaggle_fkd.keypoints import KeypointScheme

GALLERY_FACES = 24
"""Faces in the galleries of predictions and evaluations: four rows."""


def draw_face(
    axes: Axes,
    image: NDArray[np.uint8],
    keypoints: NDArray[np.floating],
    scheme: KeypointScheme,
    predicted: NDArray[np.floating] | None = None,
) -> None:
    """Draw an H x W face with K x 2 `keypoints` as dots, coloured by group, in pixels.

    `predicted`, K x 2, is drawn as crosses; if it is K x 3, with circles whose radius is the
    expected error. NaN coordinates are left out.
    """
    axes.imshow(image, cmap="gray", vmin=0, vmax=255)
    size = 0.35 * axes.get_window_extent().width * 72 / axes.figure.dpi
    axes.scatter(
        keypoints[:, 0], keypoints[:, 1], s=max(size, 8), c=keypoint_colours(scheme),
        edgecolors="black", linewidths=0.6,
    )  # fmt: skip
    if predicted is not None:
        axes.scatter(predicted[:, 0], predicted[:, 1], s=max(size, 8), c=PREDICTED, marker="x")
        if predicted.shape[1] == 3:
            for x, y, error in predicted[np.isfinite(predicted).all(axis=1)]:
                axes.add_patch(Circle((x, y), error, fill=False, color=PREDICTED, linewidth=0.6))
    # Points that lie outside the image by up to a tenth of its size stay visible.
    height, width = image.shape
    axes.set_xlim(-0.1 * width, 1.1 * width)
    axes.set_ylim(1.1 * height, -0.1 * height)
    axes.set_axis_off()


def gallery(
    faces: FaceDataset,
    captions: Sequence[str],
    title: str,
    predicted: NDArray[np.floating] | None = None,
    columns: int = 6,
    predicted_label: str = "predicted",
) -> Figure:
    """All N faces in a grid with N captions above them, and a legend of the keypoint groups.

    `predicted`, N x K x 2 or N x K x 3 in pixels, is drawn as `draw_face` does; the legend calls it
    `predicted_label`. Captions and title are plain text, without mathematical notation.
    """
    columns = min(columns, len(faces))
    rows = -(-len(faces) // columns)
    caption_lines = max(caption.count("\n") + 1 for caption in captions)
    figure = new_figure(max(1.9 * columns, 5.5), (1.75 + 0.13 * caption_lines) * rows + 0.8)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for index, (axes, caption) in enumerate(zip(grid[: len(faces)], captions, strict=True)):
        draw_face(
            axes, faces.images[index], faces.keypoints[index], faces.scheme,
            None if predicted is None else predicted[index],
        )  # fmt: skip
        axes.set_title(caption, fontsize=8, parse_math=False)
    figure.suptitle(title, parse_math=False)
    handles = _legend(faces, predicted, predicted_label)
    figure.legend(
        handles=handles, loc="outside lower center", ncols=len(handles) if columns > 3 else 5,
        frameon=False, fontsize=9,
    )  # fmt: skip
    return figure


def _legend(
    faces: FaceDataset, predicted: NDArray[np.floating] | None, predicted_label: str
) -> list[Line2D]:
    """A dot for each group that has labels, a cross and a circle if predictions have them."""
    handles = []
    colours = keypoint_colours(faces.scheme)
    for group, members in faces.scheme.groups.items():
        if faces.labelled[:, list(members)].any():
            handles.append(
                Line2D([], [], color=colours[members[0]], marker="o", linestyle="", label=group)
            )
    if predicted is not None:
        cross = Line2D([], [], color=PREDICTED, marker="x", linestyle="", label=predicted_label)
        handles.append(cross)
        if predicted.shape[-1] == 3:
            handles.append(
                Line2D(
                    [], [], color=PREDICTED, marker="o", fillstyle="none", linestyle="",
                    label="expected error",
                )
            )  # fmt: skip
    return handles
