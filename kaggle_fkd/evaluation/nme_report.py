"""The scores of 68-point work: NME, failure rate, and the area under the error curve."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.style import PALETTE, new_figure, save_figure
from kaggle_fkd.metrics import FAILURE, error_scores, nme
from kaggle_fkd.system.files import write_json, write_text


def nme_table(predicted: NDArray[np.floating], faces: FaceDataset) -> pd.DataFrame:
    """`error_scores` of N x 68 x 2 predictions over whole faces (`all`) and over each region."""
    errors = nme(predicted, faces.keypoints, faces.scheme)
    regions = {"all": tuple(range(errors.shape[1])), **faces.scheme.groups}
    return pd.DataFrame(
        [
            {"region": name, "faces": len(errors), **error_scores(errors[:, list(k)].mean(axis=1))}
            for name, k in regions.items()
        ]
    )


def error_curve(curves: Mapping[str, NDArray[np.floating]], title: str) -> Figure:
    """The share of faces of at most some NME, for each named set of N faces' errors."""
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
    axes.set_title(title)
    return figure


def write_nme(
    folder: Path, predicted: NDArray[np.floating], faces: FaceDataset, summary: Mapping[str, Any]
) -> list[str]:
    """Write the scores of N x 68 x 2 predictions and their error curve into the folder.

    Faces whose prediction is NaN do not count. Returns the result in a line.
    """
    covered = np.isfinite(predicted).all(axis=(1, 2))
    faces, predicted = faces[covered], predicted[covered]
    table = nme_table(predicted, faces)
    write_text(folder / "nme.csv", table.to_csv(index=False, float_format="%.5f"))
    write_json(folder / "evaluation.json", {**summary, "nme": table.to_dict("records")})
    errors = nme(predicted, faces.keypoints, faces.scheme).mean(axis=1)
    figure = error_curve({f"{len(errors)} faces": errors}, "Out-of-fold error curve")
    save_figure(figure, folder / "error_curve.png")
    whole = table.iloc[0]
    return [
        f"out-of-fold NME of {len(errors)} faces: mean {100 * whole['mean']:.2f} %, median "
        f"{100 * whole['median']:.2f} %; {100 * whole['failure_rate']:.1f} % of the faces above "
        f"{100 * FAILURE:.0f} %; area under the error curve {whole['area_under_curve']:.3f}"
    ]
