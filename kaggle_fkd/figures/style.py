"""The style of all figures, and the functions that create and save them."""

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from kaggle_fkd.system.files import atomic_path

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
