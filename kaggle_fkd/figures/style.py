"""The style of all figures, and the functions that create and save them."""

import textwrap
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text

from kaggle_fkd.system.files import atomic_path

PREDICTED = "#D55E00"
"""Colour of predictions that are drawn beside labels."""
SEQUENTIAL = "viridis"
"""Colour map of quantities from 0 upwards."""
DIVERGING = "RdBu_r"
"""Colour map of quantities about 0."""

TICK = "\\mathdefault"
"""What matplotlib writes into the labels of ticks, which are formulas."""
DPI = 110
"""Pixels per inch of every figure."""
_TITLE, _NOTE = 13, 10
"""Sizes of the fonts of a title and of the note below it, in points."""
_LINE = 1.35
"""Height of a line of text, as a multiple of its font's size."""
_CHARACTER = 0.56
"""Mean width of a character, as a multiple of its font's size; bold ones take a tenth more."""


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, `width` x `height` inches, laid out so that labels do not collide.

    pyplot does not manage it: it has no window and need not be closed.
    """
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    # This canvas keeps one renderer. Without it, measuring each tick label would create another one
    # of 12 MB.
    FigureCanvasAgg(figure)
    return figure


def describe(figure: Figure, title: str, note: str = "") -> None:
    """Write a title, and a note that says what to see, above all that is drawn in the figure.

    The figure becomes higher by these lines. Both are plain text, without mathematical notation.
    """
    width, height = figure.get_size_inches()
    texts = {
        (_TITLE, "bold", "#000000"): textwrap.wrap(title, _characters(width, 1.1 * _TITLE)),
        (_NOTE, "normal", "#555555"): textwrap.wrap(note, _characters(width, _NOTE)),
    }
    gap = 0.1
    band = gap + sum(len(lines) * size * _LINE / 72 for (size, *_), lines in texts.items())
    figure.set_size_inches(width, height + band)
    top = gap
    for (size, weight, colour), lines in texts.items():
        figure.text(
            gap / width, 1 - top / (height + band), "\n".join(lines), va="top", fontsize=size,
            fontweight=weight, color=colour, parse_math=False,
        )  # fmt: skip
        top += len(lines) * size * _LINE / 72
    layout = figure.get_layout_engine()
    if isinstance(layout, ConstrainedLayoutEngine):
        layout.set(rect=(0, 0, 1, height / (height + band)))


def _characters(width: float, size: float) -> int:
    """The number of characters of a font's size that fit on a line of so many inches."""
    return max(int((width - 0.2) * 72 / (_CHARACTER * size)), 20)


def hide_axis(axes: Axes) -> None:
    """Draw no frame, ticks and labels; a grid of pictures is drawn in half the time without ticks,
    which would be measured although they are hidden."""
    axes.set_axis_off()
    axes.set(xticks=[], yticks=[])


def notice_figure(text: str) -> Figure:
    """A small figure with a text, which says why there is nothing to draw."""
    figure = new_figure(6, 1.6)
    figure.text(0.5, 0.5, text, ha="center", va="center", fontsize=12, wrap=True)
    return figure


def save_figure(figure: Figure, path: Path) -> Path:
    """Write the figure as a PNG, atomically, and return `path`.

    Its texts are drawn as they are: names of files may have a `$`, which would begin a formula, and
    bytes that are not UTF-8. Raises FkdError if the file cannot be written.
    """
    for text in figure.findobj(Text):
        shown = text.get_text().encode(errors="backslashreplace").decode()
        if "$" in shown and TICK not in shown:
            text.set_parse_math(False)
        text.set_text(shown)
    with atomic_path(path) as temporary:
        # `savefig` would lay it out and draw it twice.
        FigureCanvasAgg(figure).print_png(temporary)
    return path
