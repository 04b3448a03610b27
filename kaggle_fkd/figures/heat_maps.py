"""Gaussian heat maps of keypoints: the targets of heat-map networks, and a drawing of them."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.figures.style import SEQUENTIAL, new_figure
from kaggle_fkd.keypoints import KeypointScheme


def gaussian_heat_maps(
    keypoints: NDArray[np.floating], height: int, width: int, sigma: float
) -> NDArray[np.float32]:
    """K x H x W maps of K x 2 keypoints (pixels): exp(-distance^2 / (2 sigma^2)), in 0..1.

    The peak is 1 at the keypoint itself, between pixels if it lies there. A missing keypoint's
    map is all zero; `sigma`, in pixels, is above 0. Tompson et al. 2014, arXiv 1406.2984.
    """
    x, y = keypoints[:, 0, None].astype(np.float64), keypoints[:, 1, None].astype(np.float64)
    # The Gaussian is separable: a row of x and a column of y make the whole map.
    across = np.exp(-((np.arange(width) - x) ** 2) / (2 * sigma**2))
    down = np.exp(-((np.arange(height) - y) ** 2) / (2 * sigma**2))
    maps = down[:, :, None] * across[:, None, :]
    known = np.isfinite(keypoints).all(axis=1)
    return np.where(known[:, None, None], maps, 0).astype(np.float32)


def draw_gaussians(
    image: NDArray[np.uint8],
    keypoints: NDArray[np.floating],
    scheme: KeypointScheme,
    sigma: float,
    title: str,
    columns: int = 4,
) -> Figure:
    """The heat map of each labelled keypoint over the H x W face, and their sum in the end."""
    height, width = image.shape
    maps = gaussian_heat_maps(keypoints, height, width, sigma)
    labelled = np.flatnonzero(np.isfinite(keypoints).all(axis=1))
    panels = [(scheme.names[index], maps[index]) for index in labelled]
    panels.append(("sum of all", maps.sum(axis=0)))
    rows = -(-len(panels) // columns)
    figure = new_figure(2.6 * columns, 2.8 * rows + 0.6)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, (name, heat) in zip(grid[: len(panels)], panels, strict=True):
        draw_heat(axes, image, heat)
        axes.set_title(name, fontsize=9)
    figure.suptitle(title)
    return figure


def draw_heat(axes: Axes, image: NDArray[np.uint8], heat: NDArray[np.floating]) -> None:
    """Heat, 0..1, over the H x W face, more opaque where it is hotter.

    Its rows and columns may be fewer than the face's, which they then divide evenly.
    """
    face = axes.imshow(image, cmap="gray", vmin=0, vmax=255)
    axes.imshow(
        heat, cmap=SEQUENTIAL, vmin=0, vmax=1, alpha=np.clip(1.5 * heat, 0, 0.85),
        extent=face.get_extent(), interpolation="nearest",
    )  # fmt: skip
