"""`Topic`: the results of one topic of the analysis."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from kaggle_fkd.dataset import FaceDataset

FEWEST_FACES = 10
"""Statistics of a convention with fewer labelled faces are unreliable, so they are skipped."""


@dataclass(frozen=True)
class Topic:
    """The results of one topic, before they are written."""

    headline: str
    """One line for the log."""
    summary: Mapping[str, Any]
    """The topic's entry in summary.json."""
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """Tables by file name, without .csv; an index that has a name is written, too."""
    figures: Mapping[str, Figure] = field(default_factory=dict)
    """Figures by file name, without .png."""


TOO_FEW = Topic(
    f"skipped, too few faces (at least {FEWEST_FACES} of one convention are needed)", {}
)
"""One for which no convention has enough faces."""


def faces_by_convention(train: FaceDataset) -> dict[str, FaceDataset]:
    """The faces of each convention with at least FEWEST_FACES labelled ones, by its name."""
    labelled = train.labelled.any(axis=1)
    return {
        convention.name: train.in_convention(index)
        for index, convention in enumerate(train.scheme.conventions)
        if np.count_nonzero(labelled & (train.convention == index)) >= FEWEST_FACES
    }
