"""Pictures side by side."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.figures.style import describe, hide_axis, new_figure

PICTURE_WIDTH = 3.0
"""Width of a picture in inches, unless it is given."""


def picture_gallery(
    pictures: Sequence[NDArray[np.uint8]], captions: Sequence[str], title: str = "",
    columns: int = 4, width: float = PICTURE_WIDTH,
) -> Figure:  # fmt: skip
    """N pictures, H x W x 3 RGB or H x W grey, of any sizes, in a grid with N captions above them.

    Each is `width` inches wide. The first N axes of the figure are those of the pictures, in
    pixels. Captions and title are plain text, without mathematical notation.
    """
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    lines = max(caption.count("\n") + 1 for caption in captions)
    highest = max(picture.shape[0] / picture.shape[1] for picture in pictures)
    height = rows * (width * highest + 0.16 * lines + 0.1)
    figure = new_figure(width * columns, height)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        hide_axis(axes)
    for axes, picture, caption in zip(grid[: len(pictures)], pictures, captions, strict=True):
        axes.imshow(picture, cmap="gray", vmin=0, vmax=255)
        axes.set_title(caption, fontsize=9, parse_math=False)
    if title:
        describe(figure, title)
    return figure
