"""Repeated images: faces with the same pixels, and the disagreement of their labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from kaggle_fkd.competition.eda.topic import Topic
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.gallery import gallery
from kaggle_fkd.figures.palette import PALETTE
from kaggle_fkd.figures.style import describe, new_figure, notice_figure
from kaggle_fkd.system.text import in_words

_COLUMNS = (
    "faces", "conventions", "ids", "id_1", "id_2",
    "points_compared", "median_distance", "max_distance", "worst_keypoint",
)  # fmt: skip

_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
"""Ticks of distances in pixels."""
_HALF_WINDOW = 14
"""Pixels that are shown at each side of a keypoint, or more."""


def topic(train: FaceDataset, config: EdaConfig) -> Topic:
    """The repeated images, and the disagreement of the labels of the same image."""
    images = repeated_images(train)
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
        return Topic("none", summary, {"repeats": images}, {"repeats": nothing})
    return Topic(
        f"images that occur more than once: {len(images)}, rows that repeat another's: {rows}",
        summary,
        {"repeats": images},
        {
            "repeats": draw_repeats(images),
            "repeats_gallery": draw_repeat_gallery(train, images.head(config.gallery_faces)),
        },
    )


def repeated_images(faces: FaceDataset) -> pd.DataFrame:
    """One row per image that occurs more than once, the largest disagreement first.

    Columns: faces (how often it occurs), conventions (such as "2 A + 1 B"), ids (of all of them),
    id_1 and id_2 (the two faces whose labels are furthest apart; two of different conventions if
    no labels are comparable), points_compared (number of keypoints), median_distance and
    max_distance over these keypoints (of each, the largest distance between two labels, in pixels),
    worst_keypoint. Labels of different conventions are never compared.
    """
    groups = faces.repeat_groups()
    order = np.argsort(groups, kind="stable")
    bounds = np.flatnonzero(np.diff(groups[order])) + 1
    rows = [_describe(faces, same) for same in np.split(order, bounds) if len(same) > 1]
    return pd.DataFrame(rows, columns=list(_COLUMNS)).sort_values(
        "max_distance", ascending=False, kind="stable", ignore_index=True
    )


def _describe(faces: FaceDataset, same: NDArray[np.int64]) -> tuple[object, ...]:
    """The row of `repeated_images` for the faces at the positions `same`."""
    apart = _largest_distances(faces, same)
    # If no labels are comparable, id_1 belongs to the first convention, and id_2 to the last.
    by_convention = same[np.argsort(faces.convention[same], kind="stable")]
    worst = max(apart, default=(np.nan, "", by_convention[0], by_convention[-1]))
    return (
        len(same),
        _count_conventions(faces, same),
        " ".join(map(str, faces.ids[same])),
        faces.ids[worst[2]],
        faces.ids[worst[3]],
        len(apart),
        float(np.median([distance for distance, *_ in apart])) if apart else np.nan,
        worst[0],
        worst[1],
    )


def _count_conventions(faces: FaceDataset, same: NDArray[np.int64]) -> str:
    """The conventions of the faces at the positions `same`, such as "2 A + 1 B"."""
    counts = zip(*np.unique(faces.convention[same], return_counts=True), strict=True)
    return " + ".join(f"{count} {faces.scheme.conventions[index].name}" for index, count in counts)


def _largest_distances(
    faces: FaceDataset, same: NDArray[np.int64]
) -> list[tuple[float, str, np.int64, np.int64]]:
    """The two furthest labels of each keypoint that a convention labels twice.

    Each is (distance in pixels, keypoint, position of one face, position of the other).
    """
    apart = []
    for convention in np.unique(faces.convention[same]):
        alike = same[faces.convention[same] == convention]
        for keypoint, name in enumerate(faces.scheme.names):
            known = alike[np.isfinite(faces.keypoints[alike, keypoint]).all(axis=1)]
            if len(known) > 1:
                distances = pdist(faces.keypoints[known, keypoint])
                first, second = np.triu_indices(len(known), 1)
                far = distances.argmax()
                apart.append((float(distances[far]), name, known[first[far]], known[second[far]]))
    return apart


def draw_repeats(images: pd.DataFrame) -> Figure:
    """The number of repeated images by convention, and the disagreement of their labels."""
    figure = new_figure(11, 3.6)
    counts, distances = figure.subplots(1, 2, width_ratios=(1, 1.6))
    kinds = images["conventions"].value_counts().head(8)
    bars = counts.barh([_labelled_in(kind) for kind in kinds.index], kinds, color=PALETTE[0])
    counts.bar_label(bars, padding=3)
    counts.set_ylim(max(len(kinds), 4) - 0.5, -0.5)
    counts.set(xlabel="images", title="in which conventions the rows are")
    counts.set_xlim(0, 1.15 * kinds.max())
    counts.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    counts.spines[["top", "right"]].set_visible(False)
    _draw_distances(distances, images["max_distance"].dropna())
    describe(
        figure, f"Images that occur more than once: {len(images)}",
        "Left: which labels the rows of an image have. Right: how far apart two labels of one "
        "keypoint are, at worst. No network can be more exact than the people who labelled.",
    )  # fmt: skip
    return figure


def _labelled_in(kind: str) -> str:
    """Conventions such as "2 A + 1 B" in words: "2 in A, 1 in B"."""
    return kind.replace(" + ", ", ").replace(" ", " in ").replace(", in ", ", ")


def _draw_distances(axes: Axes, compared: "pd.Series[float]") -> None:
    """The share of the images whose labels are at most so far apart, on a logarithmic axis."""
    if not len(compared):
        axes.text(0.5, 0.5, "no two labels of one convention", ha="center")
        axes.set_axis_off()
        return
    # Labels of most repeats differ by a pixel, wrong ones by tens of pixels, some not at all.
    low, high = min(compared.min() / 2.5, 1), max(2 * compared.max(), 5)
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    axes.ecdf(compared.clip(lower=ticks[0]), color=PALETTE[5], linewidth=2)
    axes.set_xscale("log")
    axes.set_xlim(ticks[0], ticks[-1])
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.axvline(compared.median(), color="#555555", linestyle="--", linewidth=1)
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.grid(color="#DDDDDD")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set(
        xlabel="largest distance between two labels of a keypoint in pixels, logarithmic",
        ylabel="images with at most that",
        title=f"median {compared.median():.1f} px (dashed), largest {compared.max():.1f} px",
    )


def draw_repeat_gallery(faces: FaceDataset, images: pd.DataFrame) -> Figure:
    """The repeated `images` around the keypoint whose labels are furthest apart, enlarged.

    The labels of id_1 are hollow, those of id_2 are crosses. An image without comparable labels is
    shown completely.
    """
    first, second = (
        pd.Index(faces.ids).get_indexer(pd.Index(images[column])) for column in ("id_1", "id_2")
    )
    captions = [
        f"rows {row['id_1']} and {row['id_2']}{_apart(row)}" for _, row in images.iterrows()
    ]
    one, other = faces.keypoints[first], faces.keypoints[second]
    return gallery(
        faces[first], captions, "Repeated images whose labels are furthest apart",
        other, predicted_label="label in the second row",
        windows=np.array([
            _window(each, another, faces.scheme.names, name)
            for each, another, name in zip(one, other, images["worst_keypoint"], strict=True)
        ]),
        note="The same image, labelled twice in the same convention, around the keypoint that is "
        f"furthest apart; a picture is {2 * _HALF_WINDOW} pixels wide or more.",
    )  # fmt: skip


def _window(
    first: NDArray[np.floating], second: NDArray[np.floating], names: Sequence[str], name: str
) -> tuple[float, float, float]:
    """The part of a face to show: centre and half of the side; NaN if `name` is not a keypoint."""
    if name not in names:
        return np.nan, np.nan, np.nan
    one, other = first[names.index(name)], second[names.index(name)]
    x, y = (one + other) / 2
    return float(x), float(y), max(_HALF_WINDOW, 0.8 * float(np.linalg.norm(one - other)))


def _apart(row: "pd.Series[Any]") -> str:
    """The end of a caption: the largest distance in a row of `repeated_images`, its keypoint."""
    if not row["points_compared"]:
        return f"\nnot comparable: {_labelled_in(row['conventions'])}"
    return f": {row['max_distance']:.1f} px\n{in_words(row['worst_keypoint'])}"
