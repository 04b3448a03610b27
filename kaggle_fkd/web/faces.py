"""`POST /v1/faces`: the faces of a picture, as JSON, CSV, COCO keypoints or a `.pts` file."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from kaggle_fkd.errors import UsageError, suggest
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.keypoints.pts import format_pts
from kaggle_fkd.photo.coco import coco_document
from kaggle_fkd.photo.face import DetectedFace, numbered
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.tables import face_table
from kaggle_fkd.system.text import count_of
from kaggle_fkd.web.problem import RequestError
from kaggle_fkd.web.state import state_of
from kaggle_fkd.web.upload import Upload, read_upload


@dataclass(frozen=True)
class FoundFaces:
    """The faces of a picture."""

    scheme: KeypointScheme
    """What their keypoints are."""
    faces: list[DetectedFace]
    """The faces, with numbers from 1, the most confident first."""
    record: dict[str, Any]
    """The JSON record of the picture, as `kaggle-fkd photo --json` writes it, and the time."""


def find_faces(upload: Upload, finder: FaceKeypoints) -> FoundFaces:
    """The faces of an upload; raises PictureError if it is not a picture."""
    start = time.perf_counter()
    picture = upload.picture()
    faces = numbered(finder.detect(picture))
    record = {"input": upload.name} | record_of(picture, faces, finder.scheme)
    return FoundFaces(finder.scheme, faces, record | {"milliseconds": milliseconds_since(start)})


def record_of(
    picture: NDArray[np.uint8], faces: Sequence[DetectedFace], scheme: KeypointScheme
) -> dict[str, Any]:
    """The size of a picture, H x W x 3, the scheme of its keypoints, and its faces, for JSON."""
    height, width = picture.shape[:2]
    return {
        "width": width, "height": height, "scheme": scheme.name, "names": list(scheme.names),
        "faces": [face.as_dict() for face in faces],
    }  # fmt: skip


def milliseconds_since(start: float) -> float:
    """Milliseconds since a time of `time.perf_counter`, rounded to 0.1."""
    return round(1000 * (time.perf_counter() - start), 1)


def chosen_face(faces: Sequence[DetectedFace], number: str) -> DetectedFace:
    """The face of that number, as a request spells it; RequestError (422) without one."""
    for face in faces:
        if str(face.number) == number:
            return face
    raise RequestError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        f"face {number} was asked for, and {count_of(len(faces), 'face')} found",
        "choose another face, or a picture with a face in it",
    )


def _json(found: FoundFaces, number: str) -> Response:
    return JSONResponse(found.record)


def _csv(found: FoundFaces, number: str) -> Response:
    return PlainTextResponse(face_table(found.record, found.scheme), media_type="text/csv")


def _coco(found: FoundFaces, number: str) -> Response:
    return JSONResponse(coco_document([found.record], found.scheme))


def _pts(found: FoundFaces, number: str) -> Response:
    return PlainTextResponse(format_pts(chosen_face(found.faces, number).keypoints))


FORMATS: Mapping[str, Callable[[FoundFaces, str], Response]] = {
    "json": _json, "csv": _csv, "coco": _coco, "pts": _pts,
}  # fmt: skip
"""What `format` may be; a `.pts` file has one face, whose number is `face`."""


async def post_faces(request: Request) -> Response:
    """The faces of the posted picture, in the format of the query."""
    state, query = state_of(request), request.query_params
    wanted = query.get("format", "json")
    if wanted not in FORMATS:
        raise UsageError(f"there is no format {wanted!r}", suggest(wanted, FORMATS))
    finder = (await state.finders(request)).choose(query.get("points"))
    with state.queue.place():
        upload = await read_upload(request)
        return await state.queue.run(
            lambda: FORMATS[wanted](find_faces(upload, finder), query.get("face", "1"))
        )
