"""Correlations of the coordinates, which show which keypoints move together."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from kaggle_fkd.competition.eda.section import TOO_FEW, Section, faces_by_convention
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.style import DIVERGING, new_figure
from kaggle_fkd.keypoints import Convention, KeypointScheme
from kaggle_fkd.system.text import count_of


def section(train: FaceDataset, config: EdaConfig) -> Section:
    """The correlation matrix of each convention, and its strongest pair of coordinates."""
    headlines, summary, tables, figures = [], {}, {}, {}
    for name, faces in faces_by_convention(train).items():
        matrix = correlations(faces)
        first, second, value = strongest_pair(matrix)
        headlines.append(f"strongest in convention {name}: {value:.3f} ({first}, {second})")
        summary[name] = {"strongest": [first, second], "correlation": value}
        tables[f"correlation_{name}"] = matrix.rename_axis("feature")
        title = f"Correlation of the coordinates, convention {name}: "
        figures[f"correlation_{name}"] = draw_correlations(
            matrix, title + count_of(len(faces), "face")
        )
    if not summary:
        return TOO_FEW
    return Section(", ".join(headlines), summary, tables, figures)


def correlations(faces: FaceDataset) -> pd.DataFrame:
    """Pearson correlations of the 2k coordinates annotated in the faces' convention, 2k x 2k.

    All faces belong to one convention. All x come first, then all y, both ordered by part of the
    face. A pair is computed over the faces that have both coordinates; it is NaN if fewer than
    three faces do, or if one of the two coordinates is constant.
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
    """A matrix of coloured cells, each with its coefficient; NaN is grey."""
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
    """Names of the convention's x, then of its y features, both ordered by part of the face."""
    points = [i for group in scheme.groups.values() for i in group if i in convention.keypoints]
    return [scheme.feature_names[2 * i + axis] for axis in (0, 1) for i in points]
