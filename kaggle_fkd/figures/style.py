"""The style of all figures, and the functions that create and save them."""

from itertools import cycle
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.system.files import atomic_path

PALETTE = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#0072B2", "#D55E00")
"""Colours that stay distinct for the colour-blind: Okabe and Ito, https://jfly.uni-koeln.de/color/."""
PREDICTED = "#D55E00"
"""Colour of predictions that are drawn beside labels."""
SEQUENTIAL = "viridis"
"""Colour map of quantities from 0 upwards."""
DIVERGING = "RdBu_r"
"""Colour map of quantities about 0."""

DPI = 110
"""Pixels per inch of every figure."""


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, `width` x `height` inches, laid out so that labels do not collide.

    pyplot does not manage it: it has no window and need not be closed.
    """
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    # This canvas keeps one renderer. Without it, measuring each tick label would create another one
    # of 12 MB.
    FigureCanvasAgg(figure)
    return figure


def notice_figure(text: str) -> Figure:
    """A small figure with a text, which says why there is nothing to draw."""
    figure = new_figure(6, 1.6)
    figure.text(0.5, 0.5, text, ha="center", va="center", fontsize=12, wrap=True)
    return figure


def save_figure(figure: Figure, path: Path) -> Path:
    """Write the figure as a PNG, atomically, and return `path`.

    Raises FkdError if the file cannot be written.
    """
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")
    return path


def keypoint_colours(scheme: KeypointScheme) -> list[str]:
    """K colours, one for each keypoint; those of a group (eyes, brows, nose, ...) are the same."""
    colours = dict(zip(scheme.groups, cycle(PALETTE), strict=False))
    return [colours[group] for group in scheme.group_by_keypoint]
