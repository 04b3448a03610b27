"""Repeated images: faces with the same pixels, and the disagreement of their labels."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from kaggle_fkd.competition.eda.section import Section
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.gallery import gallery
from kaggle_fkd.figures.palette import PALETTE
from kaggle_fkd.figures.style import new_figure, notice_figure

_COLUMNS = (
    "faces", "conventions", "ids", "id_1", "id_2",
    "points_compared", "median_distance", "max_distance", "worst_keypoint",
)  # fmt: skip


def section(train: FaceDataset, config: EdaConfig) -> Section:
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
        return Section("none", summary, {"repeats": images}, {"repeats": nothing})
    return Section(
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
            known = alike[faces.labelled[alike, keypoint]]
            if len(known) > 1:
                distances = pdist(faces.keypoints[known, keypoint])
                first, second = np.triu_indices(len(known), 1)
                far = distances.argmax()
                apart.append((float(distances[far]), name, known[first[far]], known[second[far]]))
    return apart


def draw_repeats(images: pd.DataFrame) -> Figure:
    """The number of repeated images by convention, and the disagreement of their labels."""
    figure = new_figure(11, 4)
    counts, distances = figure.subplots(1, 2, width_ratios=(1, 1.4))
    kinds = images["conventions"].value_counts().head(8)
    bars = counts.barh(kinds.index, kinds, color=PALETTE[0])
    counts.bar_label(bars, padding=3)
    counts.invert_yaxis()
    counts.set(xlabel="images", title="conventions of the faces that share an image")
    counts.set_xlim(0, 1.15 * kinds.max())
    counts.xaxis.set_major_locator(MaxNLocator(integer=True))
    compared = images["max_distance"].dropna()
    if len(compared):
        distances.ecdf(compared, color=PALETTE[5], linewidth=2)
        # Labels of most repeats differ by a pixel, wrong ones by tens of pixels, some not at all,
        # so the axis is logarithmic and includes 0.
        distances.set_xscale("symlog", linthresh=1)
        distances.set_xlim(0, max(10, 1.2 * compared.max()))
        distances.xaxis.set_major_formatter("{x:g}")
        distances.grid(color="#DDDDDD")
        distances.set(
            xlabel="largest distance between two labels of a keypoint, in pixels",
            ylabel="share of the images",
            title=f"median {compared.median():.2f} px, largest {compared.max():.1f} px",
        )
    else:
        distances.text(0.5, 0.5, "no two labels of one convention", ha="center")
        distances.set_axis_off()
    figure.suptitle(f"Images that occur more than once: {len(images)}")
    return figure


def draw_repeat_gallery(faces: FaceDataset, images: pd.DataFrame) -> Figure:
    """Each of the repeated `images` with the labels of id_1 as dots and of id_2 as crosses."""
    first, second = (
        np.array([np.flatnonzero(faces.ids == wanted)[0] for wanted in images[column]])
        for column in ("id_1", "id_2")
    )
    names = [convention.name for convention in faces.scheme.conventions]
    captions = [
        f"{faces.ids[i]} ({names[faces.convention[i]]}), {faces.ids[j]} "
        f"({names[faces.convention[j]]})\n" + _distance_text(row)
        for i, j, (_, row) in zip(first, second, images.iterrows(), strict=True)
    ]
    return gallery(
        faces[first], captions, "Repeated images whose labels are furthest apart",
        faces.keypoints[second], predicted_label="label of the repeat",
    )  # fmt: skip


def _distance_text(row: "pd.Series[Any]") -> str:
    """The largest distance in a row of `repeated_images`, and its keypoint."""
    if not row["points_compared"]:
        return "not comparable"
    return f"{row['max_distance']:.1f} px:\n{row['worst_keypoint']}"
