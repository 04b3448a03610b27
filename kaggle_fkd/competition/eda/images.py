"""The images: brightness, contrast and sharpness, and how training and test faces differ."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.competition.eda.topic import Topic
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset, image_digests
from kaggle_fkd.figures.distributions import COLOURS, draw_distributions
from kaggle_fkd.figures.gallery import gallery
from kaggle_fkd.figures.style import describe, new_figure
from kaggle_fkd.system.text import count_of

QUANTITIES = {
    "brightness": "brightness: mean grey level",
    "contrast": "contrast: standard deviation of grey levels",
    "sharpness": "sharpness: edges, relative to the contrast",
}
"""What is measured of each image, and its name in figures."""
_EXTREMES = (
    ("darkest: mean grey {:.0f}", "brightness", 1),
    ("brightest: mean grey {:.0f}", "brightness", -1),
    ("flattest: contrast {:.0f}", "contrast", 1),
    ("blurriest: sharpness {:.2f}", "sharpness", 1),
)
"""Rows of the gallery of odd images: a caption, a quantity, and 1 for its lowest values first."""
_COLUMNS = 6
_BLOCK = 256
"""Images that are measured at a time: 10 MB as float32."""


def topic(train: FaceDataset, config: EdaConfig, test: FaceDataset | None = None) -> Topic:
    """The images' statistics, the extreme ones, and a comparison with the test faces if given."""
    parts = {"training": train} if test is None else {"training": train, "test": test}
    tables = {name: image_statistics(faces) for name, faces in parts.items()}
    shared = 0 if test is None else _shared_images(train, test)
    table = pd.concat(tables, names=["part"]).droplevel(1)
    summary: dict[str, Any] = {
        "mean": {name: each[list(QUANTITIES)].mean().to_dict() for name, each in tables.items()},
        "std": table[list(QUANTITIES)].std(ddof=0).to_dict(),
        "convention_shares": {name: convention_shares(faces) for name, faces in parts.items()},
    }
    if test is not None:
        summary["test_images_in_training"] = shared
    means = summary["mean"]["training"]
    headline = f"mean brightness {means['brightness']:.0f}, contrast {means['contrast']:.0f}"
    if test is not None:
        headline += f"; {count_of(shared, 'test image')} among the training images"
    return Topic(
        headline, summary, {"images": table},
        {
            "images": draw_statistics(tables, summary["convention_shares"]),
            "odd_images": draw_extremes(train, tables["training"]),
        },
    )  # fmt: skip


def _shared_images(train: FaceDataset, test: FaceDataset) -> int:
    """The number of test images that a training face has, too, byte by byte."""
    return int(np.isin(image_digests(test.images), image_digests(train.images)).sum())


def image_statistics(faces: FaceDataset) -> pd.DataFrame:
    """One row per face: id, brightness and contrast in grey levels, sharpness.

    The sharpness is the standard deviation of the Laplacian, divided by the contrast.
    """
    rows = [
        _measure(faces.images[start : start + _BLOCK].astype(np.float32))
        for start in range(0, len(faces), _BLOCK)
    ]
    table = pd.DataFrame(np.concatenate(rows), columns=list(QUANTITIES))
    table.insert(0, "id", faces.ids)
    return table


def _measure(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """N x 3, brightness, contrast and sharpness of N x H x W images."""
    contrast = images.std(axis=(1, 2))
    inner = images[:, 1:-1, 1:-1]
    laplacian = (
        images[:, :-2, 1:-1] + images[:, 2:, 1:-1] + images[:, 1:-1, :-2] + images[:, 1:-1, 2:]
        - 4 * inner
    )  # fmt: skip
    sharpness = laplacian.std(axis=(1, 2)) / np.maximum(contrast, 1)
    return np.stack([images.mean(axis=(1, 2)), contrast, sharpness], axis=1)


def convention_shares(faces: FaceDataset) -> dict[str, float]:
    """The share of the faces in each convention, by its name."""
    names = [convention.name for convention in faces.scheme.conventions]
    counts = np.bincount(faces.convention, minlength=len(names))
    return dict(zip(names, (counts / len(faces)).tolist(), strict=True))


def draw_statistics(
    tables: Mapping[str, pd.DataFrame], shares: Mapping[str, Mapping[str, float]]
) -> Figure:
    """Distributions of what `image_statistics` measures, and the shares of the conventions.

    Both are by the name of the part of the data: training, test.
    """
    figure = new_figure(11, 3.1)
    *panels, bars = figure.subplots(1, len(QUANTITIES) + 1)
    for axes, (quantity, label) in zip(panels, QUANTITIES.items(), strict=True):
        draw_distributions(
            axes, {name: table[quantity].to_numpy() for name, table in tables.items()},
            label.replace(": ", "\n"),
        )  # fmt: skip
    _draw_shares(bars, shares)
    handles, labels = panels[0].get_legend_handles_labels()
    labels = [f"{label}: {count_of(len(tables[label]), 'face')}" for label in labels]
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    describe(
        figure, " and ".join(tables).capitalize() + " images",
        "Where the outlines lie on each other, a score on training faces tells about test faces. "
        "If the shares of the conventions differ, so do the weights of their errors.",
    )  # fmt: skip
    return figure


def _draw_shares(axes: Axes, shares: Mapping[str, Mapping[str, float]]) -> None:
    """Bars of the shares of the conventions, side by side for each part of the data."""
    width = 0.8 / len(shares)
    for number, (part, colour) in enumerate(zip(shares.values(), COLOURS, strict=False)):
        place = np.arange(len(part)) + width * (number - (len(shares) - 1) / 2)
        bars = axes.bar(place, list(part.values()), width, color=f"{colour}33", edgecolor=colour)
        axes.bar_label(bars, fmt="{:.0%}", padding=2, fontsize=9)
        axes.set_xticks(range(len(part)), list(part))
    axes.set(xlabel="convention\nshare of the faces", yticks=[])
    axes.margins(y=0.15)
    axes.spines[["top", "left", "right"]].set_visible(False)


def draw_extremes(faces: FaceDataset, table: pd.DataFrame) -> Figure:
    """A row of faces for each kind of odd image, the most extreme first, with their labels."""
    _, different = np.unique(faces.repeat_groups(), return_index=True)
    columns = min(_COLUMNS, len(different))
    positions, captions = [], []
    for caption, quantity, sign in _EXTREMES:
        values = sign * table[quantity].to_numpy()[different]
        order = different[np.argsort(values, kind="stable")[:columns]]
        positions.append(order)
        captions += [
            f"row {row.id}\n{caption.format(getattr(row, quantity))}"
            for row in table.iloc[order].itertuples()
        ]
    return gallery(
        faces[np.concatenate(positions)], captions, "Odd images among the training faces",
        columns=columns,
        note="Faces that people can hardly see have less exact labels; augmentation should make "
        "some like them. Contrast is the standard deviation of the grey levels, from 0 to 255.",
    )  # fmt: skip
