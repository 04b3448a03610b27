"""Gaussian heat maps of keypoints, the usual targets of heat-map networks, and their drawings."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.figures.colours import heat_colours
from kaggle_fkd.figures.style import new_figure
from kaggle_fkd.keypoints import KeypointScheme


def gaussian_heat_maps(
    keypoints: NDArray[np.floating], height: int, width: int, sigma: float
) -> NDArray[np.float32]:
    """K x H x W heat maps of K x 2 `keypoints`: exp(-distance^2 / (2 sigma^2)), from 0 to 1.

    Keypoints, distances and `sigma`, which is above 0, are in pixels. The peak of 1 lies at the
    keypoint itself, even if that is between pixels. The map of a missing keypoint is zero. Source:
    Tompson et al. 2014, arXiv 1406.2984.
    """
    x, y = keypoints[:, 0, None].astype(np.float64), keypoints[:, 1, None].astype(np.float64)
    # The Gaussian is separable: each map is the product of a column and a row.
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
    """Panels of the H x W face, each overlaid with the heat map of one labelled keypoint.

    The last panel has the sum of all heat maps. `keypoints`, K x 2, and `sigma` are in pixels.
    """
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
    figure.suptitle(title, parse_math=False)
    return figure


def draw_heat(axes: Axes, image: NDArray[np.uint8], heat: NDArray[np.floating]) -> None:
    """Draw a heat map over the H x W face, more opaque where its values, from 0 to 1, are higher.

    A heat map with fewer rows and columns than the face is stretched over it.
    """
    face = axes.imshow(image, cmap="gray", vmin=0, vmax=255)
    axes.imshow(heat_colours(heat), extent=face.get_extent(), interpolation="nearest")
