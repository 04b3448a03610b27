"""How well expected errors agree with the errors measured: a table, a figure and a sentence.

The expected errors of a network were calibrated on the faces that it held out, by a factor for each
part of the face. So of out-of-fold predictions, the shares within twice the expected errors are
fitted to the same labels, and so is the level of the bins; ranks within a part are not.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import spearmanr

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.palette import PALETTE
from kaggle_fkd.figures.style import describe, new_figure, save_figure
from kaggle_fkd.metrics import WITHIN
from kaggle_fkd.system.files import write_table

BINS = 10
"""Bins of the table, with equally many keypoints."""


def write_expected_errors(
    folder: Path, predicted: NDArray[np.floating], faces: FaceDataset
) -> list[str]:
    """Write the comparison for N x K x 3 out-of-fold predictions; return it in a line.

    Nothing is written, and no line returned, if fewer than `BINS` labels are known.
    """
    table = expected_error_table(predicted, faces)
    if table.empty:
        return []
    write_table(folder / "expected_errors.csv", table, "%.4f")
    save_figure(expected_error_figure(table), folder / "expected_errors.png")
    overall = table.iloc[0]
    return [
        f"expected errors: {100 * overall['within']:.1f} % of the errors are within {WITHIN:g} "
        f"times the expected one (calibrated on the same faces); rank correlation "
        f"{overall['rank_correlation']:.2f}"
    ]


def expected_error_table(predicted: NDArray[np.floating], faces: FaceDataset) -> pd.DataFrame:
    """Expected and measured errors in pixels: of all keypoints, each group, and in ten bins.

    `predicted` is N x K x 3. A row has the number of labels, the means, the share of errors within
    `WITHIN` expected ones, and Spearman's rank correlation.
    """
    keypoints, expected = predicted[..., :2].astype(np.float64), predicted[..., 2]
    measured = np.linalg.norm(keypoints - faces.keypoints, axis=-1)
    known = np.isfinite(measured)
    if known.sum() < BINS:
        return pd.DataFrame()
    group = np.broadcast_to(np.array(faces.scheme.group_by_keypoint), known.shape)[known]
    labels = pd.DataFrame(
        {"expected": expected[known], "measured": measured[known], "group": group}
    )
    order = labels["expected"].rank(method="first")
    labels["bin"] = pd.qcut(order, BINS, labels=range(1, BINS + 1))
    rows = [_row("all", labels)]
    rows += [_row(name, labels[labels["group"] == name]) for name in faces.scheme.groups]
    rows += [_row(f"bin {name}", part) for name, part in labels.groupby("bin", observed=True)]
    return pd.DataFrame([row for row in rows if row["labels"]])


def _row(name: str, labels: pd.DataFrame) -> dict[str, float | str]:
    varies = len(labels) > 1 and labels["expected"].nunique() > 1
    return {
        "keypoints": name,
        "labels": len(labels),
        "expected": labels["expected"].mean(),
        "measured": labels["measured"].mean(),
        "within": (labels["measured"] <= WITHIN * labels["expected"]).mean(),
        "rank_correlation": (
            spearmanr(labels["expected"], labels["measured"]).statistic if varies else np.nan
        ),
    }


def expected_error_figure(table: pd.DataFrame, unit: str = "pixels") -> Figure:
    """The mean measured error in each bin of the table over the mean expected one."""
    bins = table[table["keypoints"].str.startswith("bin ")]
    figure = new_figure(6, 4.6)
    axes = figure.subplots()
    longest = 1.05 * float(bins[["expected", "measured"]].to_numpy().max())
    axes.plot([0, longest], [0, longest], color="grey", linestyle="--", label="equal")
    axes.plot(
        bins["expected"], bins["measured"], color=PALETTE[5], marker="o",
        label="dots: a tenth of the keypoints each",
    )  # fmt: skip
    axes.set_xlim(0, longest)
    axes.set_ylim(0, longest)
    axes.set_xlabel(f"mean expected error ({unit})")
    axes.set_ylabel(f"mean error, held out ({unit})")
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left", framealpha=0.9)
    overall = table.iloc[0]
    describe(
        figure,
        f"Errors within {WITHIN:g} times the expected one: {100 * overall['within']:.1f} %",
        f"Rank correlation {overall['rank_correlation']:.2f} over {overall['labels']} labels. On "
        "the dashed line, networks err as much as they expect to; the further the curve rises, the "
        "better they tell easy from hard keypoints.",
    )
    return figure
