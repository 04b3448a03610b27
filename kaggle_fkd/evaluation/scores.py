"""Scores by convention and keypoint, with bootstrap intervals."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.evaluation.out_of_fold import oof_rmse
from kaggle_fkd.figures.palette import PALETTE
from kaggle_fkd.figures.style import describe, new_figure
from kaggle_fkd.system.text import in_words

SEED = 0
"""Seeds the bootstrap."""
RESAMPLES = 2000
"""Enough for two stable digits of a 95 % interval."""
COLOURS = (*PALETTE[5:], *PALETTE[:5])
"""Colours of the conventions: the darkest of the palette come first."""
BLOCK = 100
"""Resamples drawn at a time: 100 x 7049 counts are 6 MB."""


def score_table(predicted: NDArray[np.floating], faces: FaceDataset) -> pd.DataFrame:
    """RMSE in pixels with a 95 % interval: of all, each convention, and each of its keypoints.

    `predicted` is N x K x 2. `bias_x` and `bias_y` are mean label minus prediction;
    values far from 0 indicate a systematic offset.
    """
    rows = [_score("all", "all", predicted, faces)]
    for index, convention in enumerate(faces.scheme.conventions):
        chosen = faces.convention == index
        part, seen = faces[chosen], predicted[chosen]
        if not part.labelled.any():
            continue
        rows.append(_score(convention.name, "all", seen, part))
        for k in convention.keypoints:
            if part.labelled[:, k].any():
                rows.append(_score(convention.name, faces.scheme.names[k], seen, part, k))
    return pd.DataFrame(rows)


def _score(
    convention: str, keypoint: str, predicted: NDArray[np.floating], faces: FaceDataset,
    only: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    if only is not None:
        others = np.arange(len(faces.scheme.names)) != only
        predicted = predicted.copy()
        predicted[:, others] = np.nan
    residual = faces.keypoints - predicted
    known = np.isfinite(residual)
    bias = [residual[..., axis][known[..., axis]].mean() for axis in (0, 1)]
    low, high = rmse_interval(predicted, faces, SEED)
    return {
        "convention": convention,
        "keypoint": keypoint,
        "coordinates": int(known.sum()),
        "rmse": oof_rmse(predicted, faces),
        "low": low,
        "high": high,
        "bias_x": bias[0],
        "bias_y": bias[1],
    }


def score_figure(scores: pd.DataFrame, title: str) -> Figure:
    """RMSE of each keypoint with its interval, in a separate colour for each convention."""
    points = scores[(scores["convention"] != "all") & (scores["keypoint"] != "all")]
    conventions = list(dict.fromkeys(points["convention"]))
    names = list(dict.fromkeys(points["keypoint"]))
    figure = new_figure(8, 0.34 * len(names) + 1.8)
    axes = figure.subplots()
    for number, convention in enumerate(conventions):
        part = points[points["convention"] == convention]
        position = np.array([names.index(name) for name in part["keypoint"]])
        position = position + 0.28 * (number - (len(conventions) - 1) / 2)
        spread = np.abs(part[["low", "high"]].to_numpy().T - part["rmse"].to_numpy())
        overall = scores[(scores["convention"] == convention) & (scores["keypoint"] == "all")]
        axes.errorbar(
            part["rmse"], position, xerr=spread, fmt="o" if number == 0 else "s",
            color=COLOURS[number % len(COLOURS)], capsize=3, markersize=5,
            label=f"convention {convention}: {overall['rmse'].iloc[0]:.3f} px over all",
        )  # fmt: skip
    axes.set_yticks(range(len(names)), [in_words(name) for name in names])
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel("out-of-fold RMSE (pixels), with 95 % bootstrap interval")
    axes.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    describe(
        figure, title,
        "Dots are scores, bars their 95 % intervals over resampled images: wide ones come from a "
        "few wrong labels.",
    )  # fmt: skip
    return figure


def rmse_interval(
    predicted: NDArray[np.floating], faces: FaceDataset, seed: int
) -> tuple[float, float]:
    """The 95 % percentile interval of the pooled RMSE over resampled images, in pixels.

    Repeats of an image are drawn together, as they are not independent faces. Efron, "Bootstrap
    methods: another look at the jackknife", 1979. (nan, nan) when no label is known.
    """
    return _interval(_resampled_rmse([predicted], faces, seed)[:, 0])


def change_interval(
    predicted: NDArray[np.floating], before: NDArray[np.floating], faces: FaceDataset, seed: int
) -> tuple[float, float]:
    """The 95 % interval of the RMSE of `predicted` minus that of `before`, N x K x 2, in pixels.

    Both are scored on the same resampled images, as those of `rmse_interval`: a paired comparison.
    """
    scores = _resampled_rmse([predicted, before], faces, seed)
    return _interval(scores[:, 0] - scores[:, 1])


def _interval(scores: NDArray[np.float64]) -> tuple[float, float]:
    """The 2.5th and the 97.5th percentile; (nan, nan) of nothing."""
    if not len(scores):
        return float("nan"), float("nan")
    low, high = np.percentile(scores, [2.5, 97.5])
    return float(low), float(high)


def _resampled_rmse(
    predictions: Sequence[NDArray[np.floating]], faces: FaceDataset, seed: int
) -> NDArray[np.float64]:
    """R x P, the pooled RMSE in pixels of P predictions, each N x K x 2, in R resamples.

    There are none when no label is known.
    """
    errors = [predicted.astype(np.float64) - faces.keypoints for predicted in predictions]
    known = np.logical_and.reduce([np.isfinite(error) for error in errors])
    group = faces.repeat_groups()
    counts = np.bincount(group, known.sum(axis=(1, 2)))
    if not counts.any():
        return np.empty((0, len(errors)))
    of_faces = [np.where(known, error**2, 0).sum(axis=(1, 2)) for error in errors]
    squares = np.column_stack([np.bincount(group, each) for each in of_faces])
    images = len(counts)
    rng = np.random.default_rng(seed)
    scores = []
    for _ in range(RESAMPLES // BLOCK):
        drawn = rng.multinomial(images, np.full(images, 1 / images), size=BLOCK)
        total = drawn @ counts
        scores.append(np.sqrt(drawn @ squares / np.maximum(total, 1)[:, None])[total > 0])
    return np.concatenate(scores)
