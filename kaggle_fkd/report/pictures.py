"""Pictures within a page: faces with their keypoints, and figures that a stage has written."""

import base64
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError
from kaggle_fkd.figures.style import DPI
from kaggle_fkd.report.section import FaceCard, Gallery, Picture

QUALITY = 80
"""Of WebP, from 0 to 100; a face of 96 x 96 pixels takes 2 kB."""
CSS_PIXELS_PER_INCH = 96
POINT, MAX_POINT = 0.068, 0.025
"""The radius of a point as a share of the width: times the square root of their number, and at
most. It is 1.7 of 96 pixels for 15 points, 0.8 for 68."""


def face_gallery(
    faces: FaceDataset,
    titles: Sequence[str],
    notes: Sequence[str],
    caption: str,
    predicted: NDArray[np.floating] | None = None,
    label_name: str = "label",
    predicted_name: str = "prediction",
) -> Gallery:
    """All N faces with their keypoints, each with a title and a note.

    `predicted`, N x K x 2 or N x K x 3 in pixels, NaN where there is none, is drawn beside the
    labels.
    """
    if predicted is None:
        predicted = np.full_like(faces.keypoints, np.nan)
    cards = [
        face_card(image, labels, points[:, :2], title, note)
        for image, labels, points, title, note in zip(
            faces.images, faces.keypoints, predicted, titles, notes, strict=True
        )
    ]
    return Gallery(tuple(cards), caption, label_name, predicted_name)


def face_card(
    image: NDArray[np.uint8], labels: NDArray[np.floating], predicted: NDArray[np.floating],
    title: str, note: str,
) -> FaceCard:  # fmt: skip
    """An H x W face with K x 2 labels and K x 2 predictions in pixels, NaN where there is none."""
    height, width = image.shape
    return FaceCard(
        source=_data_uri(Image.fromarray(np.ascontiguousarray(image))),
        width=width,
        height=height,
        radius=round(width * min(POINT / len(labels) ** 0.5, MAX_POINT), 2),
        labels=_known(labels),
        predicted=_known(predicted),
        pairs=_known(np.concatenate([labels, predicted], axis=1)),
        title=title,
        note=note,
    )


def stored_picture(path: Path, alternative: str, caption: str) -> Picture:
    """A figure that a stage has written as PNG; DataError if it cannot be read."""
    try:
        with Image.open(path) as image:
            flat = image.convert("RGB")
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read as a picture ({error})", "write it again"
        ) from error
    scale = CSS_PIXELS_PER_INCH / DPI
    width, height = round(scale * flat.width), round(scale * flat.height)
    return Picture(_data_uri(flat), width, height, alternative, caption)


def _data_uri(image: Image.Image) -> str:
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=QUALITY)
    return f"data:image/webp;base64,{base64.b64encode(stream.getvalue()).decode()}"


def _known(points: NDArray[np.floating]) -> tuple[tuple[float, ...], ...]:
    """The rows without NaN, rounded to a tenth of a pixel."""
    known = points[np.isfinite(points).all(axis=1)]
    return tuple(tuple(round(float(each), 1) for each in row) for row in known)
