"""Distributions of a quantity in several groups, one over the other."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from kaggle_fkd.figures.palette import PALETTE

COLOURS = (PALETTE[5], PALETTE[1], *PALETTE[2:4])
"""Colours of the groups: blue and orange, which the colour-blind tell apart, come first."""
_BINS = 32
_SHOWN = (0.5, 99.5)
"""Percentiles between which values are drawn, as a few outliers would flatten all others."""


def draw_distributions(axes: Axes, groups: Mapping[str, NDArray[np.floating]], label: str) -> None:
    """Histograms of equal area, one outline for each group; `label` names the quantity.

    NaN is left out, and so is a group that has nothing else.
    """
    known = {name: values[np.isfinite(values)] for name, values in groups.items()}
    drawn = {name: values for name, values in known.items() if len(values)}
    axes.set(xlabel=label, yticks=[])
    axes.spines[["top", "left", "right"]].set_visible(False)
    if not drawn:
        return
    low, high = np.percentile(np.concatenate(list(drawn.values())), _SHOWN)
    edges = np.linspace(low, max(high, low + 1e-6), _BINS + 1).tolist()
    for (name, values), colour in zip(drawn.items(), COLOURS, strict=False):
        axes.hist(
            values, edges, density=True, histtype="stepfilled", facecolor=f"{colour}33",
            edgecolor=colour, linewidth=1.6, label=name,
        )  # fmt: skip
