"""The eda stage's report: figures as PNG, and the numbers behind them as CSV and JSON."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from kaggle_fkd.competition.eda import (
    imputation,
    locations,
    missing,
    plausibility,
    repeats,
)
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.gallery import gallery
from kaggle_fkd.figures.heat_maps import draw_gaussians
from kaggle_fkd.figures.style import notice_figure, save_figure
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.system.files import atomic_path, write_json

_FEWEST = 10
"""A convention with fewer faces is counted, but has no statistics worth drawing."""

_TOO_FEW = f"skipped, too few faces (at least {_FEWEST} of one convention)"

_SIGMA = 2.5
"""Pixels; the width of the heat maps that are shown."""


@dataclass
class _Section:
    """What a section found, before it is written."""

    headline: str
    """For the log, one line."""
    summary: dict[str, Any]
    """For summary.json."""
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    """By file name, without .csv."""
    figures: dict[str, Figure] = field(default_factory=dict)
    """By file name, without .png."""


def write_report(train: FaceDataset, folder: Path, config: EdaConfig) -> None:
    """Write the analysis of the training faces into the empty `folder`.

    Beside the figures and tables of each section, summary.json has the headline numbers.
    Raises FkdError when the disk refuses.
    """
    summary: dict[str, Any] = {"faces": len(train)}
    sections: dict[str, Callable[[FaceDataset, EdaConfig], _Section]] = {
        "missing": _missing,
        "imputation": _imputation,
        "correlation": _correlation,
        "locations": _locations,
        "gallery": _gallery,
        "heat_maps": _heat_maps,
        "repeats": _repeats,
        "plausibility": _plausibility,
    }
    for name, look_at in progress(sections.items(), "eda"):
        section = look_at(train, config)
        _write(section, folder)
        summary[name] = section.summary
        log.info("%s: %s", name.replace("_", " "), section.headline)
    write_json(folder / "summary.json", summary)
    log.info(
        "in short: %d faces, %d complete, %d repeats of another's image, best imputation: %s",
        len(train),
        sum(convention["complete"] for convention in summary["missing"].values()),
        summary["repeats"]["rows_that_repeat_another"],
        summary["imputation"].get("best_method", "none scored"),
    )


def _write(section: _Section, folder: Path) -> None:
    for name, table in section.tables.items():
        with atomic_path(folder / f"{name}.csv") as temporary:
            # Seven digits are all that a float32 coordinate has.
            table.to_csv(temporary, index=table.index.name is not None, float_format="%.7g")
    for name, figure in section.figures.items():
        save_figure(figure, folder / f"{name}.png")


def _parts(train: FaceDataset) -> dict[str, FaceDataset]:
    """The faces of each convention that has enough labelled ones, by the convention's name."""
    parts = {}
    labelled = train.labelled.any(axis=1)
    for index, convention in enumerate(train.scheme.conventions):
        if np.count_nonzero(labelled & (train.convention == index)) >= _FEWEST:
            parts[convention.name] = train.in_convention(index)
    return parts


def _missing(train: FaceDataset, config: EdaConfig) -> _Section:
    counts, patterns = missing.missing_counts(train), missing.label_patterns(train)
    conventions = {}
    for index, convention in enumerate(train.scheme.conventions):
        labelled = train.labelled[train.convention == index][:, list(convention.keypoints)]
        conventions[convention.name] = {
            "faces": len(labelled),
            "complete": int(labelled.all(axis=1).sum()),
            "missing_labels": int((~labelled).sum()),
        }
    return _Section(
        ", ".join(f"{c['complete']} of {c['faces']} {n} complete" for n, c in conventions.items()),
        conventions,
        {"missing": counts, "label_patterns": patterns},
        {
            "missing": missing.draw_missing_counts(counts),
            "label_patterns": missing.draw_label_patterns(patterns, train.scheme),
        },
    )


def _imputation(train: FaceDataset, config: EdaConfig) -> _Section:
    """Of the richest convention alone: the others have nearly nothing to impute."""
    name = train.scheme.conventions[0].name
    faces = _parts(train).get(name)
    if faces is None:
        return _Section(_TOO_FEW, {})
    scores = imputation.score_imputation(faces, config.hidden_share, config.neighbours, config.seed)
    pooled = imputation.pooled_scores(scores)
    if pooled.empty:
        return _Section(f"skipped, too few different images of convention {name}", {})
    best = str(pooled.index[0])
    imputed = imputation.impute(faces.keypoints, best, config.neighbours)
    gaps = int((np.isnan(faces.keypoints) & ~np.isnan(imputed)).any(axis=2).sum())
    examples = (
        imputation.draw_before_and_after(faces, imputed, best)
        if gaps
        else notice_figure(f"Nothing to impute in convention {name}: no label is missing")
    )
    return _Section(
        f"{best} is best in {name}: RMSE {pooled[best]:.2f} px on hidden labels, {gaps} imputed",
        {
            "convention": name,
            "best_method": best,
            "rmse": {str(method): float(rmse) for method, rmse in pooled.items()},
            "imputed_labels": gaps,
        },
        {"imputation_scores": scores, f"imputed_{name}": imputation.imputed_table(faces, imputed)},
        {"imputation_scores": imputation.draw_scores(scores), "imputation_examples": examples},
    )


def _correlation(train: FaceDataset, config: EdaConfig) -> _Section:
    headlines, section = [], _Section("", {})
    for name, faces in _parts(train).items():
        matrix = locations.correlations(faces)
        first, second, value = locations.strongest_pair(matrix)
        headlines.append(f"strongest in {name} {value:.3f} ({first}, {second})")
        section.summary[name] = {"strongest": [first, second], "correlation": value}
        section.tables[f"correlation_{name}"] = matrix.rename_axis("feature")
        section.figures[f"correlation_{name}"] = locations.draw_correlations(
            matrix, f"Correlation of the coordinates, convention {name}: {len(faces)} faces"
        )
    section.headline = ", ".join(headlines) or _TOO_FEW
    return section


def _locations(train: FaceDataset, config: EdaConfig) -> _Section:
    parts = _parts(train)
    if not parts:
        return _Section(_TOO_FEW, {})
    tables = {name: locations.location_statistics(faces) for name, faces in parts.items()}
    widest = {name: table.iloc[int(table["std"].argmax())] for name, table in tables.items()}
    return _Section(
        ", ".join(
            f"widest in {name} {row['feature']} (std {row['std']:.1f} px)"
            for name, row in widest.items()
        ),
        {
            name: {"widest": row["feature"], "std": float(row["std"])}
            for name, row in widest.items()
        },
        {"locations": pd.concat(tables, names=["convention"]).droplevel(1)},
        {"locations": locations.draw_locations(list(parts.values()))},
    )


def _gallery(train: FaceDataset, config: EdaConfig) -> _Section:
    section = _Section("", {})
    for name, faces in _parts(train).items():
        count = min(config.gallery_faces, len(faces))
        rng = np.random.default_rng(config.seed)
        chosen = faces[np.sort(rng.choice(len(faces), count, replace=False))]
        section.summary[name] = chosen.ids.tolist()
        meaning = train.scheme.conventions[int(chosen.convention[0])].meaning
        section.figures[f"gallery_{name}"] = gallery(
            chosen,
            [f"id {face}" for face in chosen.ids],
            f"Faces of convention {name}: {meaning}",
        )
    shown = ", ".join(f"{len(ids)} faces of {name}" for name, ids in section.summary.items())
    section.headline = shown or _TOO_FEW
    return section


def _heat_maps(train: FaceDataset, config: EdaConfig) -> _Section:
    """Of one face, with as many labels as any has."""
    labels = train.labelled.sum(axis=1)
    richest = np.flatnonzero(labels == labels.max())
    face = int(np.random.default_rng(config.seed).choice(richest))
    name = int(train.ids[face])
    figure = draw_gaussians(
        train.images[face], train.keypoints[face], train.scheme, _SIGMA,
        f"Gaussian heat maps of the keypoints of face {name}, sigma {_SIGMA:g} px",
    )  # fmt: skip
    return _Section(
        f"{labels[face]} keypoints of face {name}", {"id": name, "sigma": _SIGMA},
        figures={"heat_maps": figure},
    )  # fmt: skip


def _repeats(train: FaceDataset, config: EdaConfig) -> _Section:
    images = repeats.repeated_images(train)
    rows = int(images["faces"].sum()) - len(images)
    compared = images["max_distance"].dropna()
    summary = {
        "images": len(images),
        "rows_that_repeat_another": rows,
        "median_distance": float(compared.median()) if len(compared) else None,
        "max_distance": float(compared.max()) if len(compared) else None,
    }
    if len(images) == 0:
        nothing = notice_figure("No image occurs more than once")
        return _Section("none", summary, {"repeats": images}, {"repeats": nothing})
    return _Section(
        f"images that occur more than once: {len(images)}, rows that repeat another's: {rows}",
        summary,
        {"repeats": images},
        {
            "repeats": repeats.draw_repeats(images),
            "repeats_gallery": repeats.draw_repeat_gallery(
                train, images.head(config.gallery_faces)
            ),
        },
    )


def _plausibility(train: FaceDataset, config: EdaConfig) -> _Section:
    parts = _parts(train)
    if not parts:
        return _Section(_TOO_FEW, {})
    enough = [
        i for i, convention in enumerate(train.scheme.conventions) if convention.name in parts
    ]
    ranking = plausibility.rank_by_plausibility(train[np.isin(train.convention, enough)])
    shown = ranking.head(config.gallery_faces)
    worst = shown.iloc[0]
    return _Section(
        f"least plausible is {worst['id']} ({worst['score']:.1f} std): {worst['reason']}",
        {
            "least_plausible": shown["id"].tolist(),
            "largest_score": float(worst["score"]),
            "median_score": float(ranking["score"].median()),
        },
        {"plausibility": ranking},
        {"plausibility": plausibility.draw_least_plausible(train, shown)},
    )
