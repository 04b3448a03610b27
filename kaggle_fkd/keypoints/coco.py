"""COCO keypoints (Lin et al. 2014): a category with the keypoints' names, and lists of x, y, v.

v is 0 for a keypoint that is not labelled, 1 for one that is labelled but not visible, 2 for one
that is visible.

In a file, x and y are counted from the corner of the picture, so that the first pixel's centre is
at (0.5, 0.5); in memory, it is at (0, 0). COCO itself only has whole numbers, the indices of
pixels, and programs differ: CVAT, Label Studio and FiftyOne count from the corner, as COCO's boxes
and polygons do. detectron2 takes keypoints as indices, to which it adds 0.5, and pycocotools draws
them as indices, and so both of them are half a pixel off with files of the former.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.errors import DataError
from kaggle_fkd.keypoints.coordinates import REMEDY, finite_number
from kaggle_fkd.keypoints.scheme import KeypointScheme
from kaggle_fkd.system.text import count_of, shorten

CENTRE = 0.5
"""The x and y, in a COCO file, of the centre of the first pixel."""
MISSING, HIDDEN, VISIBLE = 0, 1, 2
"""The values of v."""
PREDICTION_NAME = "prediction"
"""The category of what a network predicted, beside one of labels."""


def format_category(scheme: KeypointScheme, number: int = 1, name: str = "face") -> dict[str, Any]:
    """The category of faces: the scheme's names, and its contours as pairs of indices from 1."""
    pairs = []
    for contour in scheme.contours:
        members = [index + 1 for index in contour.keypoints]
        ends = [*members[1:], members[0]] if contour.closed else members[1:]
        pairs += [list(pair) for pair in zip(members, ends, strict=False)]
    return {
        "id": number, "name": name, "supercategory": "person",
        "keypoints": list(scheme.names), "skeleton": pairs,
    }  # fmt: skip


def format_annotation(
    keypoints: NDArray[np.floating],
    box: NDArray[np.floating],
    hidden: NDArray[np.bool_] | None = None,
) -> dict[str, Any]:
    """The annotation of a face, without its ids: keypoints, box and area, rounded to 0.01 pixels.

    `keypoints`, K x 2, and `hidden`, K, are those of `format_keypoints`. `box` is x0, y0, x1, y1,
    whose edges are half a pixel outside the centres of pixels, as those of COCO's boxes are.
    """
    x0, y0, x1, y1 = box.tolist()
    return {
        "keypoints": format_keypoints(keypoints, hidden),
        "num_keypoints": int(np.isfinite(keypoints).all(axis=1).sum()),
        "bbox": [round(value, 2) for value in (x0, y0, x1 - x0, y1 - y0)],
        "area": round((x1 - x0) * (y1 - y0), 2),
        "iscrowd": 0,
    }


def format_keypoints(
    keypoints: NDArray[np.floating], hidden: NDArray[np.bool_] | None = None
) -> list[float]:
    """x, y, v, x, y, v, ... of K x 2 keypoints with the first pixel's centre at 0, to 0.01 pixels.

    v is 0, as are x and y, where a keypoint is NaN; 1 where `hidden`, K, is true; and 2 elsewhere.
    """
    labelled = np.isfinite(keypoints).all(axis=1)
    visibility = np.full(len(keypoints), VISIBLE) if hidden is None else VISIBLE - hidden
    triples = np.column_stack([np.round(keypoints + CENTRE, 2), visibility])
    flat: list[float] = []
    for (x, y, v), known in zip(triples.tolist(), labelled, strict=True):
        flat += [x, y, int(v)] if known else [0, 0, MISSING]
    return flat


def keypoint_order(names: Sequence[object], where: str, scheme: KeypointScheme) -> list[int]:
    """K, where each of the scheme's keypoints is in a category that has these names.

    Names decide if the category has all of the scheme's, in any order and among others. A category
    without any of them, but with as many keypoints, has them in the scheme's order. Raises
    DataError, which names `where`, for any other category.
    """
    absent = [name for name in scheme.names if name not in names]
    if not absent:
        return [names.index(name) for name in scheme.names]
    remedy = f"give its keypoints the names of {scheme.name}, or a scheme with those that it has"
    if len(absent) < len(scheme.names):
        raise DataError(f"{where}: there is no keypoint {absent[0]}", remedy)
    if len(names) != len(scheme.names):
        count = count_of(len(names), "keypoint")
        raise DataError(f"{where}: {count} instead of {len(scheme.names)}", remedy)
    return list(range(len(names)))


def parse_keypoints(
    values: object, order: Sequence[int], count: int, where: str
) -> NDArray[np.float64]:
    """K x 2 keypoints with the first pixel's centre at 0; NaN where they are not labelled.

    `values` should be x, y, v of each of the `count` keypoints of the category, in which `order`,
    K, says where those of the scheme are. Raises DataError, which names `where`, otherwise.
    """
    if not isinstance(values, list) or len(values) != 3 * count:
        size = len(values) if isinstance(values, list) else shorten(values)
        raise DataError(f"{where}: keypoints are {size} instead of {3 * count} numbers", REMEDY)
    triples = [values[3 * index : 3 * index + 3] for index in order]
    points = np.full((len(order), 2), np.nan)
    for point, (x, y, v) in zip(points, triples, strict=True):
        if v not in (MISSING, HIDDEN, VISIBLE):
            raise DataError(f"{where}: v is {shorten(v)} instead of 0, 1 or 2", REMEDY)
        if v != MISSING:
            point[:] = finite_number(str(x), where), finite_number(str(y), where)
    return points - CENTRE
