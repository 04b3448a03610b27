"""Correlation of the coordinates of one label convention, as a heat map that can be read."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from kaggle_fkd.faces import Faces
from kaggle_fkd.figures.style import DIVERGING, new_figure
from kaggle_fkd.keypoints import Convention, KeypointScheme


def correlations(faces: Faces) -> pd.DataFrame:
    """Pearson correlations of the 2k coordinates that the faces' one convention marks, 2k x 2k.

    First every x, then every y, by part of the face. Each pair over the faces that have both
    coordinates; NaN where fewer than three do, or where one never changes.
    """
    features = list(faces.scheme.feature_names)
    table = pd.DataFrame(faces.keypoints.reshape(len(faces), -1), columns=features)
    convention = faces.scheme.conventions[faces.convention[0]]
    return table[_grouped_features(faces.scheme, convention)].corr(min_periods=3)


def strongest_pair(matrix: pd.DataFrame) -> tuple[str, str, float]:
    """The two coordinates with the largest absolute correlation, and that correlation."""
    values = matrix.fillna(0).to_numpy()
    row, column = divmod(int(np.abs(np.triu(values, 1)).argmax()), len(values))
    return str(matrix.index[row]), str(matrix.columns[column]), float(values[row, column])


def draw_correlations(matrix: pd.DataFrame, title: str) -> Figure:
    """A heat map with every coefficient written in; grey where there is none."""
    count = len(matrix)
    figure = new_figure(0.44 * count + 4, 0.4 * count + 3)
    axes = figure.subplots()
    sns.heatmap(
        matrix, ax=axes, cmap=DIVERGING, vmin=-1, vmax=1, square=True, annot=True,
        fmt=".2f", annot_kws={"fontsize": 7 if count > 12 else 10}, linewidths=0.5,
        xticklabels=True, yticklabels=True, cbar_kws={"shrink": 0.6, "label": "correlation"},
    )  # fmt: skip
    axes.set_facecolor("#DDDDDD")
    axes.tick_params(axis="x", rotation=90)
    for line in (axes.axhline, axes.axvline):
        line(count / 2, color="black", linewidth=1.5)
    axes.set_title(title, fontsize=13)
    return figure


def _grouped_features(scheme: KeypointScheme, convention: Convention) -> list[str]:
    """Names of the convention's x features, then its y features, each by part of the face."""
    points = [i for group in scheme.groups.values() for i in group if i in convention.keypoints]
    return [scheme.feature_names[2 * i + axis] for axis in (0, 1) for i in points]
