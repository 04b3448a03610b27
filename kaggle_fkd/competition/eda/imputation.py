"""Imputation: missing keypoints filled in four ways, each scored on known values it cannot see."""

import contextlib
import warnings

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

with contextlib.suppress(ImportError):
    # IterativeImputer is experimental up to scikit-learn 1.9, and not later.
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.linear_model import Ridge

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.gallery import gallery
from kaggle_fkd.figures.style import PALETTE, new_figure

METHODS = ("mean", "median", "knn", "iterative")
"""What `impute` can do. knn: the mean of the nearest faces. iterative: each coordinate by ridge
regression on all the others, in turns (chained equations, van Buuren and Groothuis-Oudshoorn
2011, https://doi.org/10.18637/jss.v045.i03)."""

_RIDGE = 100.0
"""Penalty of the regressions, in square pixels. Of 1, 10, 30, 100 and 300 it came within 2 % of
the lowest RMSE on 40, 80, 300 and 2284 faces, and no worse than scikit-learn's default, Bayesian
ridge, which goes astray on collinear points."""

ALL_KEYPOINTS = "all"
"""What the rows of `score_imputation` that pool all keypoints have for a keypoint's name."""

_MARKERS = ("o", "s", "D", "^")
_MARKER_SIZES = (11, 6, 6, 6)
"""The mean's is larger, as the median often lies on it."""


def impute(keypoints: NDArray[np.float32], method: str, neighbours: int = 5) -> NDArray[np.float32]:
    """Fill the gaps (NaN) of N x K x 2 keypoints of ONE label convention; known values stay.

    `neighbours` is for knn alone. A coordinate that no face has cannot be filled from the others:
    it stays NaN in every face. Raises ValueError for an unknown method.
    """
    if method not in METHODS:
        raise ValueError(f"unknown imputation {method!r}, not one of {', '.join(METHODS)}")
    known = np.isfinite(keypoints)
    filled = keypoints.copy()
    fillable = known.any(axis=0)
    if fillable.any():
        with warnings.catch_warnings():
            # Ten rounds suffice: further ones change the RMSE by a thousandth of a pixel.
            warnings.simplefilter("ignore", ConvergenceWarning)
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
    """The error of every method on labels hidden from it, the same ones for all methods.

    Of each keypoint's labels `hidden_share` are hidden, x and y together. An image that occurs
    twice counts once: its repeat would give the hidden label away.
    Columns: method, keypoint (ALL_KEYPOINTS in the pooled row), hidden_values (coordinates),
    rmse (pixels, over these coordinates). `faces` are of one convention.
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
    """RMSE in pixels over all hidden coordinates by method, the best first."""
    pooled = scores[scores["keypoint"] == ALL_KEYPOINTS]
    return pooled.set_index("method")["rmse"].sort_values()


def imputed_table(faces: FaceDataset, imputed: NDArray[np.float32]) -> pd.DataFrame:
    """N x 2K coordinates in pixels, as training.csv has them, indexed by the faces' ids."""
    return pd.DataFrame(
        imputed.reshape(len(faces), -1),
        index=pd.Index(faces.ids, name="id"),
        columns=list(faces.scheme.feature_names),
    )


def draw_scores(scores: pd.DataFrame) -> Figure:
    """Bars of the pooled RMSE by method, and the RMSE of each keypoint."""
    figure = new_figure(12, 5.2)
    overall, each = figure.subplots(1, 2, width_ratios=(1, 1.8))
    pooled = pooled_scores(scores).reindex(METHODS)
    bars = overall.bar(METHODS, pooled, color=PALETTE[: len(METHODS)])
    overall.bar_label(bars, fmt="%.2f", padding=2)
    overall.margins(y=0.1)
    hidden = int(scores.loc[scores["keypoint"] == ALL_KEYPOINTS, "hidden_values"].iloc[0])
    overall.set(ylabel="RMSE in pixels", title=f"over all {hidden} hidden coordinates")
    looks = zip(METHODS, _MARKERS, _MARKER_SIZES, PALETTE, strict=False)
    for method, marker, marker_size, colour in looks:
        table = scores[(scores["method"] == method) & (scores["keypoint"] != ALL_KEYPOINTS)]
        each.plot(
            table["rmse"], table["keypoint"], marker, color=colour, label=method,
            markersize=marker_size, markeredgecolor="black", markeredgewidth=0.5,
        )  # fmt: skip
    each.invert_yaxis()
    each.set_xlim(left=0)
    each.grid(axis="y", color="#DDDDDD")
    each.set(xlabel="RMSE in pixels", title="by keypoint")
    figure.legend(
        *each.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False
    )
    figure.suptitle("Imputation, scored on known labels that were hidden")
    return figure


def draw_before_and_after(
    faces: FaceDataset, imputed: NDArray[np.float32], method: str, columns: int = 6
) -> Figure:
    """Up to two rows of faces with gaps, each over the same faces with the imputed points."""
    gaps = (~faces.labelled & np.isfinite(imputed).all(axis=2)).sum(axis=1)
    # From the face with most gaps to one with few, evenly.
    by_gaps = np.argsort(-gaps, kind="stable")[: np.count_nonzero(gaps)]
    spread = np.linspace(0, len(by_gaps) - 1, min(len(by_gaps), 2 * columns)).astype(int)
    chosen = by_gaps[spread]
    order, captions = [], []
    for start in range(0, len(chosen), columns):
        row = list(chosen[start : start + columns])
        order += row + row
        captions += [f"{faces.ids[i]}: before" for i in row]
        captions += [f"{faces.ids[i]}: {gaps[i]} imputed" for i in row]
    picked = faces[np.array(order)]
    added = np.where(picked.labelled[..., None], np.nan, imputed[order])
    added[[caption.endswith("before") for caption in captions]] = np.nan
    return gallery(
        picked, captions, f"Missing points, imputed by the method {method!r}", added,
        columns=min(columns, len(chosen)), predicted_label="imputed",
    )  # fmt: skip


def _hide(labelled: NDArray[np.bool_], share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """N x K, `share` of each keypoint's labels: one at least, and one at least stays."""
    hidden = np.zeros_like(labelled)
    for keypoint in range(labelled.shape[1]):
        known = np.flatnonzero(labelled[:, keypoint])
        if len(known) > 1:
            count = min(max(round(share * len(known)), 1), len(known) - 1)
            hidden[rng.choice(known, count, replace=False), keypoint] = True
    return hidden
