"""The rows of a table: one for each face, and one for each picture without any."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from kaggle_fkd import __version__
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.photo.face import DetectedFace

if TYPE_CHECKING:
    import pyarrow

Row = dict[str, Any]
"""The values of a row by the names of their columns; those that are missing are null."""


def face_rows(picture: str, width: int, height: int, faces: Sequence[DetectedFace]) -> list[Row]:
    """A row for each face, numbered from 1; for none, one whose `faces` is 0.

    Numbers are rounded as those of JSON: pixels to 0.01, the confidence to 0.001.
    """
    seen = {"picture": _text(picture), "width": width, "height": height, "faces": len(faces)}
    return [
        seen | {
            "face": number,
            **dict(zip(("x0", "y0", "x1", "y1"), face.box.round(2), strict=True)),
            "confidence": round(face.confidence, 3),
            "keypoints": face.keypoints.round(2).ravel(),
            "errors": face.errors.round(2),
        }
        for number, face in enumerate(faces, 1)
    ] or [seen]  # fmt: skip


def failure_row(picture: str, reason: str) -> Row:
    """The row of a picture that could not be read."""
    return {"picture": _text(picture), "failure": _text(reason)}


def table_of(rows: Iterable[Row], scheme: KeypointScheme) -> "pyarrow.Table":
    """The rows in the columns of every part of a table.

    `keypoints` are x and y of each keypoint of the scheme in turn, 2 K, and `errors` K numbers. The
    metadata have the scheme, the names of the keypoints as JSON, and the version.
    """
    import pyarrow

    # Not of fixed length: pyarrow 18 can neither write nor read such lists with nulls among them.
    numbers = pyarrow.list_(pyarrow.float32())
    schema = pyarrow.schema(
        [
            ("picture", pyarrow.string()),
            ("width", pyarrow.int32()),
            ("height", pyarrow.int32()),
            ("faces", pyarrow.int32()),
            ("face", pyarrow.int32()),
            *((edge, pyarrow.float32()) for edge in ("x0", "y0", "x1", "y1")),
            ("confidence", pyarrow.float32()),
            ("keypoints", numbers),
            ("errors", numbers),
            ("failure", pyarrow.string()),
        ],
        {"scheme": scheme.name, "names": json.dumps(scheme.names), "version": __version__},
    )
    return pyarrow.Table.from_pylist([*rows], schema)


def _text(text: str) -> str:
    """The text, in which bytes of a path that are not UTF-8 are written as in Python."""
    return text.encode("utf-8", "backslashreplace").decode()
