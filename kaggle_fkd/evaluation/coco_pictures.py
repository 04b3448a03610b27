"""Faces as pictures, with their labels and predictions as COCO keypoints."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.imaging.boxes import box_of_keypoints
from kaggle_fkd.keypoints.coco import PREDICTION_NAME, format_annotation, format_category
from kaggle_fkd.keypoints.uncertainty import mean_uncertainty, uncertain_keypoints
from kaggle_fkd.system.files import write_json, writing_to

LABEL, PREDICTION = 1, 2
"""The ids of the categories."""


def write_pictures(folder: Path, predicted: NDArray[np.floating], faces: FaceDataset) -> None:
    """Write the faces into `folder`, for a labelling tool.

    Each is a picture, ROW.png, and has two annotations in coco.json: one of the category `label`,
    one of `prediction`, from `predicted`, N x K x 3. Keypoints that are not labelled, or that the
    face's convention does not mark, are missing. A predicted keypoint has v = 1 where it is
    uncertain, and a prediction a `score`: 1 minus its mean expected error as a share of the face's
    size. Raises FkdError if the files cannot be written.
    """
    height, width = faces.size
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for row, image, *both in zip(
        faces.ids.tolist(), faces.images, _labels(faces), _predictions(predicted, faces),
        strict=True,
    ):  # fmt: skip
        name = f"{row}.png"
        with writing_to(folder / name):
            Image.fromarray(image).save(folder / name)
        images.append({"id": row, "file_name": name, "width": width, "height": height})
        for annotation in filter(None, both):
            annotations.append({"id": len(annotations) + 1, "image_id": row, **annotation})
    categories = [
        format_category(faces.scheme, number, name)
        for number, name in ((LABEL, "label"), (PREDICTION, PREDICTION_NAME))
    ]
    document = {"images": images, "annotations": annotations, "categories": categories}
    write_json(folder / "coco.json", document)


def _labels(faces: FaceDataset) -> list[dict[str, Any] | None]:
    """The annotation of each face that has its labels; None for a face without any."""
    return [
        {"category_id": LABEL, **format_annotation(keypoints, box_of_keypoints(keypoints[known]))}
        if known.any()
        else None
        for keypoints, known in zip(faces.keypoints, faces.labelled, strict=True)
    ]


def _predictions(predicted: NDArray[np.floating], faces: FaceDataset) -> list[dict[str, Any]]:
    """The annotation of each face that has its predicted keypoints."""
    annotations = []
    for each, marked in zip(predicted, faces.marked, strict=True):
        keypoints, errors = each[marked, :2], each[marked, 2]
        hidden = np.zeros(len(each), bool)
        hidden[marked] = uncertain_keypoints(keypoints, errors)
        all_keypoints = np.where(marked[:, None], each[:, :2], np.nan)
        annotation = format_annotation(all_keypoints, box_of_keypoints(keypoints), hidden)
        score = max(0.0, 1 - mean_uncertainty(keypoints, errors))
        annotations.append({"category_id": PREDICTION, **annotation, "score": round(score, 3)})
    return annotations
