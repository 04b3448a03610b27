"""Imputation: four methods of filling in missing keypoints, scored on labels hidden from them."""

import contextlib
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

with contextlib.suppress(ImportError):
    # Up to scikit-learn 1.9, IterativeImputer is experimental and needs this import, which later
    # versions do not have.
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.linear_model import Ridge

from kaggle_fkd.competition.eda.topic import TOO_FEW, Topic, faces_by_convention
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.gallery import gallery
from kaggle_fkd.figures.palette import PALETTE
from kaggle_fkd.figures.style import describe, new_figure, notice_figure
from kaggle_fkd.system.text import count_of, in_words
from kaggle_fkd.system.warning_filters import warnings_filtered

METHODS = ("mean", "median", "knn", "iterative")
"""Methods of `impute`. mean and median: over the faces, of each coordinate. knn: the mean of the
nearest faces. iterative: ridge regression of each coordinate on all the others, in turn (chained
equations, van Buuren and Groothuis-Oudshoorn 2011, https://doi.org/10.18637/jss.v045.i03)."""

METHOD_WORDS = {
    "mean": "mean of the column",
    "median": "median of the column",
    "knn": "mean of the most similar faces (KNN)",
    "iterative": "regression on the other keypoints",
}
"""The methods in words."""

_RIDGE = 100.0
"""Penalty of the regressions, in square pixels. Of 1, 10, 30, 100 and 300, this value was within
2 % of the lowest RMSE on 40, 80, 300 and 2284 faces, and never worse than scikit-learn's default,
Bayesian ridge, which fails on collinear points."""

ALL_KEYPOINTS = "all"
"""Replaces the keypoint's name in those rows of `score_imputation` that pool all keypoints."""

_LOOKS: dict[str, dict[str, Any]] = {
    "mean": {"marker": "o", "color": PALETTE[0], "markersize": 11},
    "median": {"marker": "s", "color": PALETTE[1], "markersize": 5},
    "knn": {"marker": "D", "color": PALETTE[2], "markersize": 6},
    "iterative": {"marker": "^", "color": PALETTE[3], "markersize": 7},
}
"""Markers of the methods. That of the mean is larger, as that of the median often covers it."""


def topic(train: FaceDataset, config: EdaConfig) -> Topic:
    """The methods' scores, and the labels that the best one imputes, in the first convention.

    Almost no labels are missing in the other conventions.
    """
    name = train.scheme.conventions[0].name
    faces = faces_by_convention(train).get(name)
    if faces is None:
        return TOO_FEW
    scores = score_imputation(faces, config.hidden_share, config.neighbours, config.seed)
    pooled = pooled_scores(scores)
    if pooled.empty:
        return Topic(f"skipped, too few different images in convention {name}", {})
    best = str(pooled.index[0])
    imputed = impute(faces.keypoints, best, config.neighbours)
    gaps = int((np.isnan(faces.keypoints) & ~np.isnan(imputed)).any(axis=2).sum())
    examples = (
        draw_imputed(faces, imputed, best, config.gallery_faces)
        if gaps
        else notice_figure(f"Nothing to impute in convention {name}: no label is missing")
    )
    return Topic(
        f"the best method in convention {name} is the {METHOD_WORDS[best]}: RMSE "
        f"{pooled[best]:.2f} px on hidden labels; it imputed {count_of(gaps, 'label')}",
        {
            "convention": name,
            "best_method": best,
            "rmse": {str(method): float(rmse) for method, rmse in pooled.items()},
            "imputed_labels": gaps,
        },
        {"imputation_scores": scores, f"imputed_{name}": imputed_table(faces, imputed)},
        {"imputation_scores": draw_scores(scores), "imputation_examples": examples},
    )


def impute(keypoints: NDArray[np.float32], method: str, neighbours: int = 5) -> NDArray[np.float32]:
    """Fill the gaps (NaN) of N x K x 2 keypoints of ONE label convention; known values are kept.

    `neighbours` is the number of faces that knn averages. A coordinate that is missing in every
    face remains NaN. Raises ValueError for a method that is not one of METHODS.
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}: must be one of {', '.join(METHODS)}")
    known = np.isfinite(keypoints)
    filled = keypoints.copy()
    fillable = known.any(axis=0)
    if fillable.any():
        # Ten rounds are enough: more rounds change the RMSE by a thousandth of a pixel.
        with warnings_filtered("ignore", ConvergenceWarning):
            imputer = {
                "mean": SimpleImputer(strategy="mean"),
                "median": SimpleImputer(strategy="median"),
                "knn": KNNImputer(n_neighbors=neighbours),
                "iterative": IterativeImputer(Ridge(_RIDGE), max_iter=10, random_state=0),
            }[method]
            values = keypoints[:, fillable].astype(np.float64)
            filled[:, fillable] = imputer.fit_transform(values)
    return np.where(known, keypoints, filled)


def score_imputation(
    faces: FaceDataset, hidden_share: float, neighbours: int, seed: int
) -> pd.DataFrame:
    """The error of every method on hidden labels, which are the same for all methods.

    `faces` belong to one convention. The share `hidden_share` of each keypoint's labels is hidden,
    x and y together. Of repeated images only the first is used, as the others would reveal its
    labels. Columns: method, keypoint (ALL_KEYPOINTS in the pooled row), hidden_values (number of
    hidden coordinates), rmse (over these coordinates, in pixels).
    """
    _, first = np.unique(faces.repeat_groups(), return_index=True)
    truth = faces.keypoints[np.sort(first)]
    hidden = _hide(faces.labelled[np.sort(first)], hidden_share, np.random.default_rng(seed))
    visible = truth.copy()
    visible[hidden] = np.nan
    rows = []
    for method in METHODS:
        squared = (impute(visible, method, neighbours).astype(np.float64) - truth) ** 2
        parts = [(ALL_KEYPOINTS, squared[hidden])]
        for keypoint, name in enumerate(faces.scheme.names):
            parts.append((name, squared[hidden[:, keypoint], keypoint]))
        for name, errors in parts:
            if errors.size:
                rows.append((method, name, errors.size, float(np.sqrt(errors.mean()))))
    return pd.DataFrame(rows, columns=["method", "keypoint", "hidden_values", "rmse"])


def pooled_scores(scores: pd.DataFrame) -> "pd.Series[float]":
    """RMSE over all hidden coordinates by method, in pixels, the best first."""
    pooled = scores[scores["keypoint"] == ALL_KEYPOINTS]
    return pooled.set_index("method")["rmse"].sort_values()


def imputed_table(faces: FaceDataset, imputed: NDArray[np.float32]) -> pd.DataFrame:
    """N x 2K coordinates in pixels, in the columns of training.csv, indexed by the faces' ids."""
    return pd.DataFrame(
        imputed.reshape(len(faces), -1),
        index=pd.Index(faces.ids, name="id"),
        columns=list(faces.scheme.feature_names),
    )


def draw_scores(scores: pd.DataFrame) -> Figure:
    """Bars of the pooled RMSE by method, and the RMSE by keypoint; each method has its marker."""
    figure = new_figure(12, 4.6)
    overall, each = figure.subplots(1, 2, width_ratios=(1, 1.5))
    _draw_pooled(overall, scores)
    for method in METHODS:
        table = scores[(scores["method"] == method) & (scores["keypoint"] != ALL_KEYPOINTS)]
        _draw_marks(
            each, method, list(table["rmse"]), [in_words(name) for name in table["keypoint"]]
        )
    each.invert_yaxis()
    each.set_xlim(left=0)
    each.grid(axis="y", color="#DDDDDD")
    each.set(xlabel="RMSE in pixels", title="by keypoint")
    figure.legend(
        *each.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False
    )
    describe(
        figure, "How well missing labels can be filled in without looking at the image",
        "Known labels were hidden from four methods. Means put the keypoints of all faces at the "
        "same place; the other keypoints of the face tell more, though less than the image does.",
    )  # fmt: skip
    return figure


def _draw_pooled(axes: Axes, scores: pd.DataFrame) -> None:
    """Bars of the RMSE over all keypoints."""
    pooled = pooled_scores(scores).reindex(METHODS)
    words = [textwrap.fill(METHOD_WORDS[method], 22) for method in METHODS]
    bars = axes.barh(words, pooled, height=0.4, color=[_LOOKS[each]["color"] for each in METHODS])
    axes.bar_label(bars, fmt="%.2f", padding=9)
    for method, word in zip(METHODS, words, strict=True):
        _draw_marks(axes, method, [pooled[method]], [word])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.2 * pooled.max())
    hidden = int(scores.loc[scores["keypoint"] == ALL_KEYPOINTS, "hidden_values"].iloc[0])
    axes.set(xlabel="RMSE in pixels", title=f"over {count_of(hidden, 'hidden coordinate')}")


def _draw_marks(axes: Axes, method: str, errors: Sequence[float], rows: Sequence[str]) -> None:
    """The markers of a method at these errors, each in its row."""
    axes.plot(
        errors, rows, linestyle="", label=METHOD_WORDS[method], markeredgecolor="black",
        markeredgewidth=0.7, **_LOOKS[method],
    )  # fmt: skip


def draw_imputed(
    faces: FaceDataset, imputed: NDArray[np.float32], method: str, most: int
) -> Figure:
    """Up to `most` faces with gaps: labels as dots and squares, imputed keypoints as crosses.

    `imputed`, N x K x 2 in pixels, is the result of `method` for the keypoints of the N faces.
    """
    gaps = (~faces.labelled & np.isfinite(imputed).all(axis=2)).sum(axis=1)
    # Evenly spaced, from the face with the most gaps to the one with the fewest.
    by_gaps = np.argsort(-gaps, kind="stable")[: np.count_nonzero(gaps)]
    chosen = by_gaps[np.linspace(0, len(by_gaps) - 1, min(len(by_gaps), most)).astype(int)]
    shown = faces[chosen]
    captions = [
        f"row {row}: {gap} imputed" for row, gap in zip(shown.ids, gaps[chosen], strict=True)
    ]
    return gallery(
        shown, captions, f"Missing keypoints, filled in by the {METHOD_WORDS[method]}",
        np.where(shown.labelled[..., None], np.nan, imputed[chosen]), predicted_label="imputed",
        note="From the faces with the most gaps to those with one. Dots and squares are labels, "
        "crosses are imputed. The method does not see the image: look where a cross misses the "
        "face.",
    )  # fmt: skip


def _hide(labelled: NDArray[np.bool_], share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """N x K, true for the labels to hide: `share` of each keypoint's, but neither none nor all."""
    hidden = np.zeros_like(labelled)
    for keypoint in range(labelled.shape[1]):
        known = np.flatnonzero(labelled[:, keypoint])
        if len(known) > 1:
            count = min(max(round(share * len(known)), 1), len(known) - 1)
            hidden[rng.choice(known, count, replace=False), keypoint] = True
    return hidden
