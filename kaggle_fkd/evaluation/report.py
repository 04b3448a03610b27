"""The report of an evaluation: scores with intervals, beside Kaggle's, and the worst faces."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.evaluation.audit import apply_suspect_policy, audit, write_audit
from kaggle_fkd.evaluation.out_of_fold import oof_rmse, write_predictions
from kaggle_fkd.figures.gallery import gallery
from kaggle_fkd.figures.style import PALETTE, new_figure, save_figure
from kaggle_fkd.metrics import rmse_by_convention
from kaggle_fkd.system.files import write_json, write_text

GALLERY_FACES = 24
SEED = 0
"""Of the bootstrap."""

PUBLISHED = (
    ("first place, method unpublished", 1.28236, 1.55021),
    ("20-network stack", 1.28637, 1.45471),
    ("best single network of that stack", 1.35183, None),
    ("fully convolutional heat-map network", 1.45920, 1.87379),
    ("1.47 M-parameter CNN, masked loss, flip and affine augmentation", 1.519, 1.883),
    ("small-CNN ensemble, elastic and perspective augmentation", 1.646, 1.873),
    ("LeNet-5, no augmentation", 2.331, None),
    ("averages benchmark", 3.96244, None),
)
"""Scores in the competition's discussions: (solution, private RMSE, public RMSE or None)."""

COMPARABLE = (
    "Out-of-fold RMSE is measured on training faces, wrong labels included; Kaggle's scores on "
    "its test faces. Out-of-fold figures rank methods on the same data. They do not predict a "
    "leaderboard score, and figures of other data (a stand-in, sample faces) compare with "
    "Kaggle's not at all."
)
RESAMPLES = 2000
"""Enough for two stable digits of a 95 % interval."""
BLOCK = 100
"""Resamples drawn at a time: 100 x 7049 counts are 6 MB."""


def write_evaluation(
    folder: Path, predicted: NDArray[np.floating], faces: FaceDataset, summary: Mapping[str, Any]
) -> list[str]:
    """Write everything about N x K x 2 out-of-fold predictions into the folder.

    `summary` goes into evaluation.json, beside the scores. Faces whose prediction is NaN count in
    no score. Returns the result in a few lines.
    """
    write_predictions(folder / "oof.csv", faces, predicted)
    covered = np.isfinite(predicted).all(axis=(1, 2))
    faces, predicted = faces[covered], predicted[covered]
    scores, suspects = score_table(predicted, faces), audit(predicted, faces)
    write_text(folder / "scores.csv", scores.to_csv(index=False, float_format="%.4f"))
    published = pd.DataFrame(PUBLISHED, columns=["solution", "private_rmse", "public_rmse"])
    write_text(folder / "published.csv", published.to_csv(index=False))
    write_audit(folder / "audit.csv", suspects)
    whole = scores[scores["keypoint"] == "all"].set_index("convention")
    results = whole[["rmse", "low", "high"]].to_dict("index")
    trusted = rmse_by_convention(predicted, apply_suspect_policy(suspects, faces, "drop"))
    record = {
        **summary,
        "oof_rmse": results,
        "suspected_faces": int(suspects["suspected"].sum()),
        "oof_rmse_without_suspects": trusted,
        "comparable": COMPARABLE,
    }
    write_json(folder / "evaluation.json", record)
    title = f"Out-of-fold RMSE by keypoint: {results['all']['rmse']:.3f} px in all"
    save_figure(score_figure(scores, title), folder / "rmse_by_keypoint.png")
    save_figure(worst_faces(predicted, faces), folder / "worst_faces.png")
    save_figure(audit_gallery(predicted, faces, suspects), folder / "audit.png")
    lines = [
        f"{name:>3}: {row['rmse']:.3f} px (95 % interval {row['low']:.3f} to {row['high']:.3f})"
        for name, row in results.items()
    ]
    best, mean = PUBLISHED[0], PUBLISHED[-1]
    return [
        "out-of-fold RMSE:", *lines,
        f"labels of {suspects['suspected'].sum()} faces look wrong: audit.csv, audit.png; "
        f"without them {trusted['all']:.3f} px",
        f"published on Kaggle (private): {best[0]} {best[1]}, {mean[0]} {mean[1]}",
        COMPARABLE,
    ]  # fmt: skip


def score_table(predicted: NDArray[np.floating], faces: FaceDataset) -> pd.DataFrame:
    """RMSE in pixels with a 95 % interval: of all, each convention, and each of its keypoints.

    `predicted` is N x K x 2. `bias_x` and `bias_y` are mean label minus prediction: far from
    0, the labels hold something that the network cannot learn.
    """
    rows = [_score("all", "all", predicted, faces)]
    for index, convention in enumerate(faces.scheme.conventions):
        of_it = faces.convention == index
        part, seen = faces[of_it], predicted[of_it]
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
    """RMSE of each keypoint with its interval, a colour for each convention."""
    points = scores[(scores["convention"] != "all") & (scores["keypoint"] != "all")]
    conventions = list(dict.fromkeys(points["convention"]))
    names = list(dict.fromkeys(points["keypoint"]))
    figure = new_figure(8, 0.34 * len(names) + 1.8)
    axes = figure.subplots()
    for number, convention in enumerate(conventions):
        part = points[points["convention"] == convention]
        place = np.array([names.index(name) for name in part["keypoint"]])
        place = place + 0.28 * (number - (len(conventions) - 1) / 2)
        spread = np.abs(part[["low", "high"]].to_numpy().T - part["rmse"].to_numpy())
        whole = scores[(scores["convention"] == convention) & (scores["keypoint"] == "all")]
        colour = (PALETTE[5], PALETTE[6])[number % 2]
        axes.errorbar(
            part["rmse"], place, xerr=spread, fmt="o" if number == 0 else "s", color=colour,
            capsize=3, markersize=5,
            label=f"convention {convention}: {whole['rmse'].iloc[0]:.3f} px in all",
        )  # fmt: skip
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel("out-of-fold RMSE (pixels), with 95 % bootstrap interval")
    axes.grid(axis="x", alpha=0.3)
    axes.set_title(title)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def worst_faces(predicted: NDArray[np.floating], faces: FaceDataset) -> Figure:
    """The faces with the largest RMSE of their own, labels as dots, predictions as crosses."""
    squares = (predicted.astype(np.float64) - faces.keypoints) ** 2
    of_face = np.ma.masked_invalid(squares).mean(axis=(1, 2)).filled(-1)
    worst = np.argsort(of_face, kind="stable")[::-1][:GALLERY_FACES]
    worst = worst[of_face[worst] >= 0]
    captions = [f"row {faces.ids[i]}: {np.sqrt(of_face[i]):.1f} px" for i in worst]
    return gallery(
        faces[worst], captions, "Worst faces by out-of-fold RMSE",
        np.where(np.isfinite(faces.keypoints[worst]), predicted[worst], np.nan),
    )  # fmt: skip


def audit_gallery(
    predicted: NDArray[np.floating], faces: FaceDataset, table: pd.DataFrame
) -> Figure:
    """The faces that an audit suspects most, with the reasons it gives."""
    top = table.head(GALLERY_FACES)
    shown = pd.Index(faces.ids).get_indexer(pd.Index(top["row"]))
    captions = [
        f"row {entry.row}, score {entry.score:.0f}\n{entry.reason}" for entry in top.itertuples()
    ]
    return gallery(
        faces[shown], captions, "Labels that out-of-fold predictions contradict most",
        np.where(np.isfinite(faces.keypoints[shown]), predicted[shown], np.nan),
    )  # fmt: skip


def rmse_interval(
    predicted: NDArray[np.floating], faces: FaceDataset, seed: int
) -> tuple[float, float]:
    """The 95 % percentile interval of the pooled RMSE over resampled images, in pixels.

    Repeats of an image are drawn together, as they are no independent faces. Efron, "Bootstrap
    methods: another look at the jackknife", 1979. (nan, nan) when no label is known.
    """
    error = predicted.astype(np.float64) - faces.keypoints
    known = np.isfinite(error)
    group = faces.repeat_groups()
    squares = np.bincount(group, np.where(known, error**2, 0).sum(axis=(1, 2)))
    counts = np.bincount(group, known.sum(axis=(1, 2)))
    images = len(counts)
    if not counts.any():
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    scores = []
    for _ in range(RESAMPLES // BLOCK):
        drawn = rng.multinomial(images, np.full(images, 1 / images), size=BLOCK)
        total = drawn @ counts
        scores.append(np.sqrt(drawn @ squares / np.maximum(total, 1))[total > 0])
    low, high = np.percentile(np.concatenate(scores), [2.5, 97.5])
    return float(low), float(high)
