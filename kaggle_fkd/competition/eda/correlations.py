"""Correlations of the coordinates, which show which keypoints move together."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from kaggle_fkd.competition.eda.topic import TOO_FEW, Topic, faces_by_convention
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.style import DIVERGING, describe, new_figure
from kaggle_fkd.keypoints import Convention, KeypointScheme
from kaggle_fkd.system.text import in_words


def topic(train: FaceDataset, config: EdaConfig) -> Topic:
    """The correlation matrix of each convention, and its strongest pair of coordinates."""
    headlines, summary, tables, figures = [], {}, {}, {}
    for name, faces in faces_by_convention(train).items():
        matrix = correlations(faces)
        first, second, value = strongest_pair(matrix)
        pair = f"{in_words(first)}, {in_words(second)}"
        headlines.append(f"strongest in convention {name}: {value:.3f} ({pair})")
        summary[name] = {"strongest": [first, second], "correlation": value}
        tables[f"correlation_{name}"] = matrix.rename_axis("feature")
        figures[f"correlation_{name}"] = draw_correlations(
            matrix, f"Keypoints that move together in convention {name}"
        )
    if not summary:
        return TOO_FEW
    return Topic(", ".join(headlines), summary, tables, figures)


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
    """The correlations of x with x, and of y with y: a coloured cell for each pair of keypoints.

    `matrix` is that of `correlations`. NaN is grey.
    """
    count = len(matrix) // 2
    cell = 0.33 if count > 6 else 0.6
    figure = new_figure(2 * cell * count + 3.4, cell * count + 2)
    figure.set_layout_engine("compressed")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, axis, start in zip(panels, "xy", (0, count), strict=True):
        part = matrix.iloc[start : start + count, start : start + count]
        names = [in_words(str(name).removesuffix(f"_{axis}")) for name in part]
        sns.heatmap(
            part, ax=axes, cmap=DIVERGING, vmin=-1, vmax=1, square=True, cbar=False,
            annot=part.map(_coefficient), fmt="", annot_kws={"fontsize": 6.5 if count > 6 else 9},
            linewidths=0.5, xticklabels=names, yticklabels=names,
        )  # fmt: skip
        axes.set_facecolor("#DDDDDD")
        axes.tick_params(axis="x", rotation=90)
        axes.set(title=f"{axis} with {axis}", xlabel="", ylabel="")
    figure.colorbar(panels[0].collections[0], ax=list(panels), shrink=0.7, label="correlation")
    describe(
        figure, title,
        "Pearson correlations of the coordinates, ordered by part of the face. Red pairs move "
        "together, so that one tells where the other is; blue pairs move apart. The table has x "
        "with y, too.",
    )  # fmt: skip
    return figure


def _coefficient(value: float) -> str:
    """A coefficient for a cell: without a zero that has a sign, empty for NaN."""
    return "" if np.isnan(value) else f"{round(value, 2) + 0.0:.2f}"


def _grouped_features(scheme: KeypointScheme, convention: Convention) -> list[str]:
    """Names of the convention's x, then of its y features, both ordered by part of the face."""
    points = [i for group in scheme.groups.values() for i in group if i in convention.keypoints]
    return [scheme.feature_names[2 * i + axis] for axis in (0, 1) for i in points]
