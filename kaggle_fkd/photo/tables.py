"""Tables of faces as CSV, with the numbers of the JSON record of a picture or a video."""

import csv
import io
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.photo.inputs import Record


def face_table(record: Record, scheme: KeypointScheme) -> str:
    """The faces of a picture, one row each, as CSV.

    The columns are the face's number, box and confidence, then every keypoint's x, y and expected
    error, in pixels with pixel centres at integer coordinates.
    """
    rows = (
        [face["number"], *face["box"], face["confidence"], *_with_errors(face)]
        for face in record["faces"]
    )
    return _csv(["face", "x0", "y0", "x1", "y1", "confidence", *scheme.predicted_names], rows)


def frame_table(record: Record, scheme: KeypointScheme) -> str:
    """The faces of a video, one row for each face in each frame, as CSV.

    The columns are named as those of OpenFace 2.0 (Baltrusaitis et al. 2018): `frame`, from 1;
    `face_id`, the number that a person's face keeps; `timestamp` in seconds; `confidence`, 0..1;
    `success`, which is 1, because frames without a face have no row; then the x of all keypoints,
    and the y of all, in pixels with pixel centres at integer coordinates.
    """
    columns = ["frame", "face_id", "timestamp", "confidence", "success"]
    columns += [f"{axis}_{index}" for axis in "xy" for index in range(len(scheme.names))]
    frames = enumerate(zip(record["times"], record["frames"], strict=True), 1)
    rows = (
        [frame, face["number"], time, face["confidence"], 1, *_by_axis(face)]
        for frame, (time, faces) in frames
        for face in faces
    )
    return _csv(columns, rows)


def _with_errors(face: Record) -> Iterable[float]:
    """x, y, expected error, x, y, ... of a face's keypoints."""
    pairs = zip(face["keypoints"], face["errors"], strict=True)
    return chain.from_iterable((*point, error) for point, error in pairs)


def _by_axis(face: Record) -> Iterable[float]:
    """The x of all keypoints of a face, then the y of all."""
    return chain.from_iterable(zip(*face["keypoints"], strict=True))


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return text.getvalue()
