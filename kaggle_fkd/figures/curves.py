"""Curves over epochs."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kaggle_fkd.figures.style import PALETTE, new_figure


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
