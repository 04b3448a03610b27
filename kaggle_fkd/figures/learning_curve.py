"""Learning curves: errors by epoch, of one training or of several."""

from collections.abc import Mapping
from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from kaggle_fkd.figures.palette import PALETTE
from kaggle_fkd.figures.style import describe, new_figure
from kaggle_fkd.metrics import METRICS, Metric
from kaggle_fkd.system.text import count_of

_COLOURS = ("#555555", PALETTE[5], *PALETTE[:4])
"""Colours of the curves: training, validation, validation in each convention."""
_DISTINCT = (*PALETTE[:4], *PALETTE[5:])
"""Colours of the trainings that are compared: the fifth, yellow, is hard to see on white."""
_STEPS = ((1, 1.2, 1.5, 2, 3, 5, 7), (1, 2, 5), (1,))
"""Ticks within a power of ten, the densest choice first."""
_MAX_TICKS = 14
"""With more ticks, their labels would touch each other on a figure of this height."""
_LINE = 0.055
"""Height of a line of text, as a share of the axis."""


def learning_curve(metrics: pd.DataFrame, title: str) -> Figure:
    """The score by epoch, of one member; `title` names it.

    `metrics` has the columns of its metrics.csv, one row per epoch: epoch, train_rmse, val_rmse and
    val_rmse_<convention>, or the same with loss instead of rmse. At its end, each curve has its
    name and its last value.
    """
    figure = new_figure(7.5, 4.5)
    axes = figure.subplots()
    metric = _metric_of(metrics)
    score = metric.name
    curves = _curves(metrics, score)
    for (name, values), colour in zip(curves.items(), _COLOURS, strict=False):
        of_a_convention = name.startswith(f"val_{score}_")
        axes.plot(
            metrics["epoch"], values, color=colour, label=_words(name),
            linewidth=1 if of_a_convention else 2, linestyle="--" if of_a_convention else "-",
            marker="o" if len(metrics) < 15 else None, markersize=3,
        )  # fmt: skip
    _finish(axes, metric)
    last = metric.text(metrics[f"val_{score}"].iloc[-1])
    after = count_of(int(metrics["epoch"].iloc[-1]), "epoch")
    describe(
        figure, f"Validation {metric.title} {last} after {after}",
        f"{title}. What it learns from is augmented, which makes it harder; where validation rises "
        "while training still falls, the network learns its examples by heart.",
    )  # fmt: skip
    return figure


def validation_curves(trainings: Mapping[str, pd.DataFrame], title: str) -> Figure:
    """The validation score by epoch of several trainings, by their names.

    Each has the columns of a metrics.csv, as `learning_curve` takes them, and the same score.
    """
    figure = new_figure(7.5, 4.5)
    axes = figure.subplots()
    metric = _metric_of(next(iter(trainings.values())))
    for (name, metrics), colour in zip(trainings.items(), cycle(_DISTINCT), strict=False):
        values = metrics[f"val_{metric.name}"]
        axes.plot(metrics["epoch"], values, color=colour, label=name, linewidth=2)
    _finish(axes, metric)
    describe(
        figure, title,
        "After each epoch, on the examples that were held out. At its end, each curve has its name "
        "and its last value.",
    )  # fmt: skip
    return figure


def _metric_of(metrics: pd.DataFrame) -> Metric:
    """The score that a table of metrics has."""
    return next(each for each in METRICS if f"train_{each.name}" in metrics)


def _finish(axes: Axes, metric: Metric) -> None:
    """Scale and name the axes, and the curves that they have."""
    axes.margins(x=0.01)
    axes.set_yscale("log")
    values = [np.asarray(line.get_ydata(), float) for line in axes.lines]
    _set_ticks(axes, np.concatenate([each[np.isfinite(each)] for each in values]))
    _name_curves(axes)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set(xlabel="epoch", ylabel=metric.long_title)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)


def _curves(metrics: pd.DataFrame, score: str) -> "dict[str, pd.Series[float]]":
    """The columns to draw. The curve of a scheme's only convention would repeat `val_rmse`."""
    conventions = [name for name in metrics.columns if name.startswith(f"val_{score}_")]
    wanted = [f"train_{score}", f"val_{score}", *(conventions if len(conventions) > 1 else ())]
    return {name: metrics[name] for name in wanted if metrics[name].notna().any()}


def _set_ticks(axes: Axes, values: NDArray[np.float64]) -> None:
    """Let the logarithmic y axis begin and end at ticks that enclose the values."""
    decades = 10.0 ** np.arange(-6, 9)
    ladders = [np.outer(decades, steps).ravel() for steps in _STEPS]
    low = ladders[0][ladders[0] <= values.min()].max(initial=ladders[0][0])
    high = ladders[0][ladders[0] > values.max()].min(initial=ladders[0][-1])
    shown = [ladder[(ladder >= low) & (ladder <= high)] for ladder in ladders]
    ticks = next((each for each in shown if len(each) <= _MAX_TICKS), shown[-1])
    axes.minorticks_off()
    axes.set_yticks(ticks, [f"{tick:.15g}" for tick in ticks])
    axes.set_ylim(low, high)


def _name_curves(axes: Axes) -> None:
    """Write each curve's name and last value beside its end, in lines that do not touch."""
    ends = []
    for line in axes.lines:
        values = np.asarray(line.get_ydata(), float)
        ends.append((values[np.isfinite(values)][-1], line))
    ends.sort(key=lambda end: end[0])
    low, high = np.log(axes.get_ylim())
    heights = [(np.log(value) - low) / (high - low) for value, _ in ends]
    for index in range(1, len(heights)):
        heights[index] = max(heights[index], heights[index - 1] + _LINE)
    for (value, line), height in zip(ends, heights, strict=True):
        axes.annotate(
            f"{line.get_label()} {value:.2f}", (1, height), (5, 0),
            xycoords="axes fraction", textcoords="offset points", va="center",
            color=line.get_color(), fontsize=9,
        )  # fmt: skip


def _words(column: str) -> str:
    """The name of a column of metrics.csv in the figure."""
    part, _, convention = column.partition("_")[2].partition("_")
    if column.startswith("train_"):
        return "training (augmented)"
    return f"validation, {convention}" if part and convention else "validation"
