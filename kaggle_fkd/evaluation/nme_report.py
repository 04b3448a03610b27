"""The report of an evaluation by NME, as is customary for photographs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.evaluation.expected_errors import write_expected_errors
from kaggle_fkd.evaluation.oof_file import write_predictions
from kaggle_fkd.evaluation.out_of_fold import covered_by
from kaggle_fkd.evaluation.worst_faces import worst_faces
from kaggle_fkd.figures.palette import PALETTE, keypoint_colours
from kaggle_fkd.figures.style import describe, new_figure, save_figure
from kaggle_fkd.metrics import FAILURE, error_scores, nme
from kaggle_fkd.system.files import write_json, write_table
from kaggle_fkd.system.text import count_of, in_words


def write_nme(
    folder: Path, predicted: NDArray[np.floating], faces: FaceDataset, summary: Mapping[str, Any]
) -> list[str]:
    """Write the report of N x K x 3 out-of-fold predictions; return its summary in a few lines.

    Faces whose prediction is NaN are left out.
    """
    write_predictions(folder / "oof.csv", faces, predicted)
    covered = covered_by(predicted, faces)
    faces, predicted = faces[covered], predicted[covered]
    keypoints = predicted[..., :2]
    table = nme_table(keypoints, faces)
    write_table(folder / "nme.csv", table, "%.5f")
    write_json(folder / "evaluation.json", {**summary, "nme": table.to_dict("records")})
    errors = nme(keypoints, faces.keypoints, faces.scheme).mean(axis=1)
    curve = error_curve({f"{len(errors)} faces": errors}, "Out-of-fold error curve")
    save_figure(curve, folder / "error_curve.png")
    save_figure(nme_by_region(table, faces), folder / "nme_by_region.png")
    save_figure(worst_faces(predicted, faces), folder / "worst_faces.png")
    overall = table.iloc[0]
    return [
        f"out-of-fold NME of {len(errors)} faces: mean {100 * overall['mean']:.2f} %, median "
        f"{100 * overall['median']:.2f} %; {100 * overall['failure_rate']:.1f} % of the faces "
        f"above {100 * FAILURE:.0f} %; area under the error curve "
        f"{overall['area_under_curve']:.3f}",
        *write_expected_errors(folder, predicted, faces),
    ]


def nme_table(predicted: NDArray[np.floating], faces: FaceDataset) -> pd.DataFrame:
    """`error_scores` of N x K x 2 predictions over all keypoints (`all`) and over each region."""
    errors = nme(predicted, faces.keypoints, faces.scheme)
    regions = {"all": tuple(range(errors.shape[1])), **faces.scheme.groups}
    return pd.DataFrame(
        [
            {"region": name, "faces": len(errors), **error_scores(errors[:, list(k)].mean(axis=1))}
            for name, k in regions.items()
        ]
    )


def error_curve(curves: Mapping[str, NDArray[np.floating]], title: str) -> Figure:
    """The cumulative error distribution of each named set of faces, given their N errors."""
    figure = new_figure(6.5, 4.6)
    axes = figure.subplots()
    for number, (name, errors) in enumerate(curves.items()):
        share = np.arange(1, len(errors) + 1) / len(errors)
        area = error_scores(errors)["area_under_curve"]
        axes.step(
            np.concatenate([[0], 100 * np.sort(errors)]), np.concatenate([[0], share]),
            where="post", color=PALETTE[number % len(PALETTE)],
            label=f"{name}: NME {100 * errors.mean():.2f} %, area {area:.3f}",
        )  # fmt: skip
    axes.set_xlim(0, 100 * FAILURE)
    axes.set_ylim(0, 1)
    axes.set_xlabel("NME (% of the distance of the outer eye corners)")
    axes.set_ylabel("share of faces")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right", framealpha=0.9)
    describe(
        figure, title,
        "The share of the faces whose NME is at most that of the axis. A curve that is higher is "
        f"better; faces above {100 * FAILURE:.0f} % count as failures.",
    )  # fmt: skip
    return figure


def nme_by_region(table: pd.DataFrame, faces: FaceDataset) -> Figure:
    """Bars of the mean NME of each region, in the colours in which its keypoints are drawn."""
    colours = keypoint_colours(faces.scheme)
    regions = table[table["region"] != "all"]
    figure = new_figure(6.5, 0.5 * len(regions) + 1.6)
    axes = figure.subplots()
    bars = axes.barh(
        [in_words(name) for name in regions["region"]], 100 * regions["mean"],
        color=[colours[faces.scheme.groups[name][0]] for name in regions["region"]],
        edgecolor="black", linewidth=0.6,
    )  # fmt: skip
    axes.bar_label(bars, fmt="%.2f", label_type="center", color="#262626")
    overall = 100 * table.iloc[0]["mean"]
    axes.axvline(overall, color="black", linestyle="--", linewidth=1)
    axes.margins(x=0.12)
    axes.invert_yaxis()
    axes.set_xlabel("mean NME (% of the distance of the outer eye corners)")
    describe(
        figure, f"Out-of-fold NME by region: {overall:.2f} % over all keypoints",
        f"The mean over {count_of(len(faces), 'face')}; the dashed line is that of all keypoints.",
    )  # fmt: skip
    return figure
