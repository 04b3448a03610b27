"""Files of COCO keypoints, as labelling tools such as CVAT export them, checked."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.errors import DataError
from kaggle_fkd.keypoints.coco import MISSING, keypoint_order, parse_keypoints
from kaggle_fkd.keypoints.coordinates import REMEDY, reject_degenerate
from kaggle_fkd.keypoints.scheme import KeypointScheme
from kaggle_fkd.system.text import shorten

PARTS = ("images", "annotations", "categories")
"""The lists of a COCO file."""

Entry = Mapping[str, Any]
"""A picture, an annotation or a category of a COCO file."""
Document = Mapping[str, list[Entry]]
"""The lists of a COCO file, by their names."""


@dataclass(frozen=True)
class CocoFace:
    """An annotation of a category with keypoints."""

    where: str
    """The file and the annotation, for messages."""
    category: str
    """The name of its category."""
    picture: str
    """The name of its picture's file, with forward slashes."""
    keypoints: NDArray[np.float64]
    """K x 2 pixels, the first pixel's centre at 0, NaN where they are not labelled."""
    predicted: bool
    """Whether the annotation has a score, as COCO's results have, and what people label has not."""


def parse_coco(content: bytes, where: str, remedy: str) -> Document | None:
    """The lists of a COCO file with keypoints; None for another JSON file.

    Raises DataError, which names `where`, for a COCO file that is damaged; `remedy` says what to do
    if it is not JSON.
    """
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:  # the latter: brackets nested too deeply
        if any(f'"{part}"'.encode() in content for part in PARTS):
            raise DataError(f"{where}: not a JSON file ({error})", remedy) from error
        return None
    lists = [document.get(part) for part in PARTS] if isinstance(document, dict) else []
    if not lists or not all(isinstance(each, list) for each in lists):
        return None
    for part in PARTS:
        if not all(isinstance(each, dict) for each in document[part]):
            raise DataError(f"{where}: {part} are not all objects", REMEDY)
    has_keypoints = any(category.get("keypoints") for category in document["categories"])
    return document if has_keypoints else None


def faces_in(document: Document, where: str, scheme: KeypointScheme) -> Iterator[CocoFace]:
    """The annotations of the categories with keypoints, in their order.

    Raises DataError, which names `where` and the annotation, for wrong keypoints, those of another
    scheme, and for an annotation without a picture or a category.
    """
    images, categories = (_by_id(document, part, where) for part in ("images", "categories"))
    for annotation in document["annotations"]:
        here = f"{where}, annotation {annotation.get('id')}"
        category = _entry(categories, annotation, "category_id", here)
        names, name = category.get("keypoints"), str(category.get("name"))
        if not names or not isinstance(names, list):
            continue
        order = keypoint_order(names, f"{where}, category {name}", scheme)
        values = annotation.get("keypoints", [0, 0, MISSING] * len(names))
        keypoints = parse_keypoints(values, order, len(names), here)
        reject_degenerate(keypoints, here, scheme)
        image = _entry(images, annotation, "image_id", here)
        picture = str(image.get("file_name")).replace("\\", "/")  # of Windows
        yield CocoFace(here, name, picture, keypoints, "score" in annotation)


def _by_id(document: Document, part: str, where: str) -> dict[str, Entry]:
    """The entries of a list of a COCO file, by their id."""
    entries: dict[str, Entry] = {}
    for entry in document[part]:
        number = str(entry.get("id"))
        if number in entries:
            raise DataError(f"{where}: two of the {part} have the id {shorten(number)}", REMEDY)
        entries[number] = entry
    return entries


def _entry(entries: Mapping[str, Entry], annotation: Entry, key: str, where: str) -> Entry:
    """The picture or the category of an annotation."""
    number = str(annotation.get(key))
    if number not in entries:
        raise DataError(f"{where}: nothing has its {key}, {shorten(number)}", REMEDY)
    return entries[number]
