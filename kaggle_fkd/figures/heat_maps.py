"""Gaussian heat maps of keypoints, the usual targets of heat-map networks, and their drawings."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.colours import heat_colours
from kaggle_fkd.figures.gallery import draw_face
from kaggle_fkd.figures.style import SEQUENTIAL, describe, hide_axis, new_figure


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


def draw_gaussians(faces: FaceDataset, sigmas: Sequence[float], title: str) -> Figure:
    """A row for each face: its labels, then its heat maps for each of `sigmas`, in pixels.

    The heat maps of all labelled keypoints are drawn at once: each pixel has the highest of them.
    """
    height, width = faces.size
    columns = len(sigmas) + 1
    figure = new_figure(2.3 * columns + 0.9, 2.35 * len(faces) + 0.4)
    grid = figure.subplots(len(faces), columns, squeeze=False)
    for row, image, points, id_ in zip(grid, faces.images, faces.keypoints, faces.ids, strict=True):
        draw_face(row[0], image, points, faces.scheme)
        row[0].set_title(f"labels of row {id_}", fontsize=9)
        for axes, sigma in zip(row[1:], sigmas, strict=True):
            draw_heat(axes, image, gaussian_heat_maps(points, height, width, sigma).max(0))
            hide_axis(axes)
            axes.set_title(f"sigma {sigma:g} px", fontsize=9)
    scale = ScalarMappable(Normalize(0, 1), SEQUENTIAL)
    figure.colorbar(scale, ax=list(grid[:, -1]), shrink=0.8, label="value of the heat map")
    describe(
        figure, title,
        "The targets of heat-map networks, which learn a blob at each keypoint: a small sigma is "
        "exact, but leaves nearly all pixels at 0; a large one lets neighbours melt together.",
    )  # fmt: skip
    return figure


def draw_heat(axes: Axes, image: NDArray[np.uint8], heat: NDArray[np.floating]) -> None:
    """Draw a heat map over the H x W face, more opaque where its values, from 0 to 1, are higher.

    A heat map with fewer rows and columns than the face is stretched over it.
    """
    face = axes.imshow(image, cmap="gray", vmin=0, vmax=255)
    axes.imshow(heat_colours(heat), extent=face.get_extent(), interpolation="nearest")
