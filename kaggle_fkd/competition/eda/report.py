"""The report of the exploratory analysis: figures as PNG, their numbers as CSV and JSON."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kaggle_fkd.competition.eda import (
    conventions,
    correlations,
    examples,
    geometry,
    images,
    imputation,
    locations,
    missing,
    plausibility,
    repeats,
)
from kaggle_fkd.competition.eda.findings import as_markdown, findings
from kaggle_fkd.competition.eda.imputation import METHOD_WORDS
from kaggle_fkd.competition.eda.topic import Topic
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import UsageError, suggest
from kaggle_fkd.figures.style import save_figure
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.system.files import atomic_path, write_json, write_text
from kaggle_fkd.system.text import count_of, in_words

_TOPICS: dict[str, Callable[[FaceDataset, EdaConfig], Topic]] = {
    "images": images.topic,
    "missing": missing.topic,
    "conventions": conventions.topic,
    "imputation": imputation.topic,
    "correlation": correlations.topic,
    "locations": locations.topic,
    "geometry": geometry.topic,
    "gallery": examples.gallery_topic,
    "heat_maps": examples.heat_map_topic,
    "repeats": repeats.topic,
    "plausibility": plausibility.topic,
}
"""The topics by their names in summary.json, in the order of the report."""


def analyse(
    faces: FaceDataset, topic: str, config: EdaConfig | None = None,
    test: FaceDataset | None = None,
) -> Topic:  # fmt: skip
    """One topic of the report on these faces: its numbers, tables and figures, by their names.

    The topics are images, missing, conventions, imputation, correlation, locations, geometry,
    gallery, heat_maps, repeats and plausibility; raises UsageError for another one. Images are
    compared with those of the `test` faces, if there are any.
    """
    if topic not in _TOPICS:
        raise UsageError(f"there is no topic {topic!r}", suggest(topic, _TOPICS))
    config = config or EdaConfig()
    if topic == "images":
        return images.topic(faces, config, test)
    return _TOPICS[topic](faces, config)


def write_report(
    train: FaceDataset, folder: Path, config: EdaConfig, test: FaceDataset | None = None
) -> None:
    """Write the analysis of the training faces into the empty `folder`.

    Each topic has its figures and tables; summary.json has the main numbers of all, findings.md
    what follows from them. Images are compared with those of the `test` faces, if there are any.
    Raises FkdError if a file cannot be written.
    """
    summary: dict[str, Any] = {"faces": len(train)}
    for name in progress(_TOPICS, "eda"):
        topic = analyse(train, name, config, test)
        _write(topic, folder)
        summary[name] = topic.summary
        log.info("%s: %s", in_words(name), topic.headline)
    summary["findings"] = findings(summary)
    write_json(folder / "summary.json", summary)
    write_text(folder / "findings.md", as_markdown(summary["findings"]))
    log.info(
        "summary: %s, %d complete, %s, best imputation: %s",
        count_of(len(train), "face"),
        sum(convention["complete"] for convention in summary["missing"].values()),
        count_of(summary["repeats"]["rows_that_repeat_another"], "repeated image"),
        METHOD_WORDS.get(summary["imputation"].get("best_method"), "none was scored"),
    )


def _write(topic: Topic, folder: Path) -> None:
    for name, table in topic.tables.items():
        with atomic_path(folder / f"{name}.csv") as temporary:
            # A float32 coordinate has no more than seven significant digits.
            table.to_csv(temporary, index=table.index.name is not None, float_format="%.7g")
    for name, figure in topic.figures.items():
        save_figure(figure, folder / f"{name}.png")
