"""Scores by convention and keypoint, with bootstrap intervals."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.palette import PALETTE
from kaggle_fkd.figures.style import describe, new_figure
from kaggle_fkd.system.text import in_words

SEED = 0
"""Seeds the bootstrap."""
RESAMPLES = 2000
"""Enough for two stable digits of a 95 % interval."""
COLOURS = (*PALETTE[5:], *PALETTE[:5])
"""Colours of the conventions: the darkest of the palette come first."""
ALL = slice(None)
"""Stands for all keypoints."""
BLOCK = 100
"""Resamples drawn at a time: 100 x 7049 counts are 6 MB."""


def score_table(predicted: NDArray[np.floating], faces: FaceDataset) -> pd.DataFrame:
    """RMSE in pixels with a 95 % interval: of all, each convention, and each of its keypoints.

    `predicted` is N x K x 2. `bias_x` and `bias_y` are mean prediction minus
    label; values far from 0 indicate a systematic offset.
    """
    rows = _scores("all", predicted, faces, [ALL])
    for index, convention in enumerate(faces.scheme.conventions):
        chosen = faces.convention == index
        part = faces[chosen]
        labelled = [k for k in convention.keypoints if part.labelled[:, k].any()]
        if labelled:
            rows += _scores(convention.name, predicted[chosen], part, [ALL, *labelled])
    return pd.DataFrame(rows)


def _scores(
    convention: str, predicted: NDArray[np.floating], faces: FaceDataset,
    keypoints: Sequence[slice | int],
) -> list[dict[str, Any]]:  # fmt: skip
    """A row for each of the keypoints, or for `ALL` of them, of faces of a convention."""
    residual = predicted - faces.keypoints
    squares, counts = _by_face([residual[:, k] for k in keypoints])
    resampled = _resampled_rmse(squares, counts, faces, SEED)
    rows = []
    for number, k in enumerate(keypoints):
        bias = np.nanmean(residual[:, k].reshape(-1, 2), axis=0)
        low, high = _interval(resampled[:, number])
        rows.append(
            {
                "convention": convention,
                "keypoint": "all" if k is ALL else faces.scheme.names[k],
                "coordinates": int(counts[:, number].sum()),
                "rmse": float(_rmse(squares[:, number].sum(), counts[:, number].sum())),
                "low": low,
                "high": high,
                "bias_x": bias[0],
                "bias_y": bias[1],
            }
        )
    return rows


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


def change_interval(
    predicted: NDArray[np.floating], before: NDArray[np.floating], faces: FaceDataset, seed: int
) -> tuple[float, float]:
    """The 95 % interval of the RMSE of `predicted` minus that of `before`, N x K x 2, in pixels.

    Both are scored on the same labels of the same resampled images: a paired comparison.
    """
    residuals = [faces.keypoints - each for each in (predicted, before)]
    common = np.isfinite(residuals[0]) & np.isfinite(residuals[1])
    squares, counts = _by_face([np.where(common, each, np.nan) for each in residuals])
    scores = _resampled_rmse(squares, counts, faces, seed)
    return _interval(scores[:, 0] - scores[:, 1])


def _interval(scores: NDArray[np.float64]) -> tuple[float, float]:
    """The 2.5th and the 97.5th percentile without NaN; (nan, nan) of nothing else."""
    known = scores[np.isfinite(scores)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def _by_face(
    residuals: Sequence[NDArray[np.floating]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """N x P, the sums of the squares of P residuals, each N x ..., and N x P, of how many.

    What is NaN is left out.
    """
    squares, counts = [], []
    for each in residuals:
        others = tuple(range(1, each.ndim))
        squares.append(np.nansum(each.astype(np.float64) ** 2, axis=others))
        counts.append(np.isfinite(each).sum(axis=others, dtype=np.float64))
    return np.stack(squares, axis=1), np.stack(counts, axis=1)


def _rmse(squares: NDArray[Any], counts: NDArray[Any]) -> NDArray[np.float64]:
    """The RMSE in pixels of sums of squares, and of how many; NaN of none."""
    return np.sqrt(squares / np.where(counts > 0, counts, np.nan))


def _resampled_rmse(
    squares: NDArray[np.float64], counts: NDArray[np.float64], faces: FaceDataset, seed: int
) -> NDArray[np.float64]:
    """R x P, the pooled RMSE in pixels of what `_by_face` gives, in R resamples of the images.

    Repeats of an image are drawn together, as they are not independent faces. NaN where no label of
    a resample is known. Efron, "Bootstrap methods: another look at the jackknife", 1979.
    """
    group = faces.repeat_groups()
    of_images, known_of = (
        np.stack([np.bincount(group, column) for column in each.T], axis=1)
        for each in (squares, counts)
    )
    images = len(of_images)
    rng = np.random.default_rng(seed)
    scores = []
    for _ in range(RESAMPLES // BLOCK if images else 0):
        drawn = rng.multinomial(images, np.full(images, 1 / images), size=BLOCK)
        scores.append(_rmse(drawn @ of_images, drawn @ known_of))
    return np.concatenate(scores) if scores else np.empty((0, squares.shape[1]))
