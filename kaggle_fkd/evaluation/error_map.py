"""Error maps: where on the face predictions miss, in which direction, and by how much."""

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.ellipse import spread_ellipse
from kaggle_fkd.figures.style import SEQUENTIAL, describe, new_figure
from kaggle_fkd.system.text import count_of

CLIPPED_PX = 12.0
"""Errors beyond this many pixels per coordinate, mostly wrong labels, are drawn as if they were
that large: a swapped pair of eyes would stretch its ellipses over half of the face."""


def error_map(predicted: NDArray[np.floating], faces: FaceDataset) -> Figure:
    """The errors of N x K x 2 (or 3) predictions over the mean face, a panel for each convention.

    Each keypoint has an ellipse of two standard deviations of its errors, prediction minus label,
    coloured by its RMSE. It is centred on the mean prediction; a dot marks the mean label.
    """
    errors = predicted[..., :2].astype(np.float64) - faces.keypoints
    present = [
        (index, convention.name)
        for index, convention in enumerate(faces.scheme.conventions)
        if np.isfinite(errors[faces.convention == index]).any()
    ]
    scores = {
        index: np.ma.sqrt(np.ma.masked_invalid(errors[faces.convention == index] ** 2)
                          .mean(axis=(0, 2)))
        for index, _ in present
    }  # fmt: skip
    scale = Normalize(0, max(float(score.max()) for score in scores.values()))
    figure = new_figure(4.6 * len(present) + 0.9, 5)
    grid = figure.subplots(1, len(present), squeeze=False)[0]
    for axes, (index, name) in zip(grid, present, strict=True):
        part = faces[faces.convention == index]
        _draw_panel(axes, part, errors[faces.convention == index], scores[index], scale)
        axes.set_title(f"convention {name}: {count_of(len(part), 'face')}", parse_math=False)
    figure.colorbar(
        mpl.cm.ScalarMappable(scale, SEQUENTIAL), ax=list(grid), shrink=0.8, label="RMSE (pixels)"
    )
    describe(
        figure, "Where on the face predictions miss, and in which direction",
        "Each ellipse holds two standard deviations around the mean prediction of a keypoint; a "
        "white dot is the mean label. Where the dot is not in the middle, predictions are biased; "
        "long ellipses lie along edges that have no clear end.",
    )  # fmt: skip
    return figure


def _draw_panel(
    axes: Axes, faces: FaceDataset, errors: NDArray[np.float64], scores: np.ma.MaskedArray,
    scale: Normalize,
) -> None:  # fmt: skip
    mean = faces.images.mean(axis=0, dtype=np.float64)
    axes.imshow(mean, cmap="gray")
    labels = faces.mean_keypoints()
    clipped = np.clip(errors, -CLIPPED_PX, CLIPPED_PX)
    for index in np.flatnonzero(~np.ma.getmaskarray(scores)):
        known = clipped[:, index][np.isfinite(clipped[:, index]).all(axis=1)]
        if len(known) > 2:
            colour = mpl.colormaps[SEQUENTIAL](scale(scores[index]))
            _draw_errors(axes, labels[index], known, colour)
    height, width = faces.size
    axes.set_xlim(-0.5, width - 0.5)
    axes.set_ylim(height - 0.5, -0.5)
    axes.set_axis_off()


def _draw_errors(
    axes: Axes, label: NDArray[np.floating], errors: NDArray[np.float64], colour: object
) -> None:
    """Two standard deviations around the mean prediction, and a dot at the mean label."""
    axes.add_patch(spread_ellipse(
        errors, label + errors.mean(axis=0), 2,
        facecolor=colour, edgecolor="#111111", linewidth=0.8, alpha=0.8,
    ))  # fmt: skip
    axes.plot(*label, "o", color="#FEFEFE", markeredgecolor="#111111", markersize=3)
