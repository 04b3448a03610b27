"""Pictures of the suspected faces, with their labels and predictions as COCO keypoints."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.imaging.boxes import box_of_keypoints
from kaggle_fkd.keypoints.coco import format_annotation, format_category
from kaggle_fkd.system.files import write_json, writing_to

LABEL, PREDICTION = 1, 2
"""The ids of the categories."""


def write_suspects(
    folder: Path, predicted: NDArray[np.floating], faces: FaceDataset, table: pd.DataFrame
) -> None:
    """Write the suspected faces of an audit's table into `folder`, for a labelling tool.

    Each is a picture, ROW.png, and has two annotations in coco.json: one of the category `label`,
    one of `prediction`, from `predicted`, N x K x 3. Keypoints that are not labelled, or that the
    face's convention does not mark, are missing. Raises FkdError if the files cannot be written.
    """
    rows = table.loc[table["suspected"], "row"]
    height, width = faces.size
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for row, index in zip(rows, pd.Index(faces.ids).get_indexer(pd.Index(rows)), strict=True):
        name = f"{row}.png"
        with writing_to(folder / name):
            Image.fromarray(faces.images[index]).save(folder / name)
        images.append({"id": int(row), "file_name": name, "width": width, "height": height})
        marked = np.where(faces.marked[index][:, None], predicted[index, :, :2], np.nan)
        for category, keypoints in ((LABEL, faces.keypoints[index]), (PREDICTION, marked)):
            place = {"id": len(annotations) + 1, "image_id": int(row), "category_id": category}
            box = box_of_keypoints(keypoints[np.isfinite(keypoints).all(axis=1)])
            annotations.append(place | format_annotation(keypoints, box))
    categories = [
        format_category(faces.scheme, number, name)
        for number, name in ((LABEL, "label"), (PREDICTION, "prediction"))
    ]
    document = {"images": images, "annotations": annotations, "categories": categories}
    write_json(folder / "coco.json", document)
