"""The faces of pictures as COCO keypoints, one file for all pictures of a call."""

from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.keypoints.coco import format_annotation, format_category
from kaggle_fkd.keypoints.uncertainty import uncertain_keypoints
from kaggle_fkd.photo.inputs import Record
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import write_json
from kaggle_fkd.system.text import count_of

COCO_FILE = "coco.json"
"""The name of the file in the folder of the outputs."""


def write_coco(folder: Path, records: Sequence[Record], scheme: KeypointScheme) -> None:
    """Write COCO_FILE with the faces of all pictures among the records.

    Inputs that failed are left out, and so are videos, with a warning.
    """
    videos = sum("frames" in record for record in records)
    if videos:
        log.warning("%s: %s left out", folder / COCO_FILE, count_of(videos, "video"))
    pictures = [record for record in records if "faces" in record]
    write_json(folder / COCO_FILE, coco_document(pictures, scheme))
    log.info("%s: %s", folder / COCO_FILE, count_of(len(pictures), "picture"))


def coco_document(pictures: Sequence[Record], scheme: KeypointScheme) -> dict[str, Any]:
    """The records of pictures as COCO's `images`, `annotations` and `categories`.

    `file_name` is the path in the folder that all pictures are in: the file belongs there. `v` is 1
    where a keypoint is uncertain, and 2 elsewhere; `score` is the confidence of the face. The x and
    y of keypoints, and the box, are counted from the corner of the first pixel (see
    `keypoints.coco`). Numbers are rounded to 0.01, the score to 0.001.
    """
    names = _file_names([Path(picture["input"]) for picture in pictures])
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for name, picture in zip(names, pictures, strict=True):
        size = {key: picture[key] for key in ("width", "height")}
        images.append({"id": len(images) + 1, "file_name": name, **size})
        for face in picture["faces"]:
            place = {"id": len(annotations) + 1, "image_id": len(images), "category_id": 1}
            annotations.append(place | _annotation(face))
    return {
        "images": images, "annotations": annotations, "categories": [format_category(scheme)]
    }  # fmt: skip


def _annotation(face: Record) -> dict[str, Any]:
    keypoints, errors = np.array(face["keypoints"]), np.array(face["errors"])
    uncertain = uncertain_keypoints(keypoints, errors)
    annotation = format_annotation(keypoints, np.array(face["box"]), uncertain)
    return annotation | {"score": face["confidence"]}


def _file_names(paths: Sequence[Path]) -> list[str]:
    """The paths of pictures in the deepest folder that all are in; complete if there is none."""
    # Links to pictures keep their own names.
    complete: list[PurePath] = [path.parent.resolve() / path.name for path in paths]
    shared = set.intersection(*(set(path.parents) for path in complete)) if complete else set()
    folder = max(shared, key=lambda each: len(each.parts), default=None)
    return [(path.relative_to(folder) if folder else path).as_posix() for path in complete]
