"""How all figures look, how they are written, and the one that every training draws."""

from pathlib import Path

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.system.files import atomic_path

# Okabe and Ito's palette (https://jfly.uni-koeln.de/color/), the usual colour-blind-safe choice.
PALETTE = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#0072B2", "#D55E00")
PREDICTED = "#D55E00"
"""Colour of predictions wherever labels are drawn too."""
SEQUENTIAL = "viridis"
DIVERGING = "RdBu_r"

DPI = 110
"""Pixels per inch of every figure."""


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of that size in inches, laid out so that labels do not collide.

    It knows nothing of pyplot, so no window opens and nothing needs closing.
    """
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    # This canvas keeps one renderer; without it each measured tick label makes its own, 12 MB.
    FigureCanvasAgg(figure)
    return figure


def notice_figure(text: str) -> Figure:
    """A small figure that says in words why there is nothing to draw."""
    figure = new_figure(6, 1.6)
    figure.text(0.5, 0.5, text, ha="center", va="center", fontsize=12, wrap=True)
    return figure


def save_figure(figure: Figure, path: Path) -> Path:
    """Write the figure as a PNG, atomically, and return its path."""
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png")
    return path


def keypoint_colours(scheme: KeypointScheme) -> list[str]:
    """One colour a keypoint, the same for all of a group (eyes, brows, nose, mouth)."""
    colours = dict(zip(scheme.groups, PALETTE, strict=False))
    return [colours[group] for group in scheme.group_by_keypoint]


def learning_curve(metrics: pd.DataFrame, title: str) -> Figure:
    """RMSE in pixels by epoch, from the columns of a run's metrics.csv."""
    figure = new_figure(7, 4.5)
    axes = figure.subplots()
    series = [name for name in metrics.columns if "rmse" in name]
    for name, colour in zip(series, ("#555555", PALETTE[5], *PALETTE[:4]), strict=False):
        label = name.replace("train_rmse", "training, augmented").replace("val_rmse", "validation")
        of_all = name in ("train_rmse", "val_rmse")
        axes.plot(
            metrics["epoch"], metrics[name], label=label.replace("_", " "), color=colour,
            linewidth=2 if of_all else 1, linestyle="-" if of_all else "--",
            marker="o" if len(metrics) < 15 else None, markersize=3,
        )  # fmt: skip
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(MaxNLocator(6))
    axes.yaxis.set_major_formatter("{x:.3g}")
    axes.minorticks_off()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel="epoch", ylabel="RMSE (pixels)")
    axes.set_title(f"{title}: {metrics['val_rmse'].iloc[-1]:.3f} px after the last epoch")
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    return figure
