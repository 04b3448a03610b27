"""`POST /v1/drawing`: the picture with its keypoints or a filter; and the filters' thumbnails."""

import io
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from kaggle_fkd.imaging.picture import ASTRONAUT, read_picture, write_picture
from kaggle_fkd.photo.face import DetectedFace, numbered
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.overlay.drawing import draw_faces
from kaggle_fkd.photo.overlay.filter import get_filter
from kaggle_fkd.photo.overlay.wear import apply_filter
from kaggle_fkd.web.state import state_of
from kaggle_fkd.web.upload import Upload, read_upload

KEYPOINTS, NOTHING = "keypoints", "none"
"""What may be drawn instead of a filter. A picture with nothing drawn on it is upright, and in a
format that browsers show."""
ASTRONAUT_FACE = (171.0, 79.0, 282.0, 188.0)
"""The box of the face in the example picture: x0, y0, x1, y1."""
THUMBNAIL_SIZE = 144
"""Pixels; pages show thumbnails at half of this, sharp on screens with twice the pixels."""
THUMBNAIL_KEPT_S = 3600
"""Seconds for which a browser may keep a thumbnail."""
THUMBNAIL_ROWS, THUMBNAIL_COLUMNS = slice(0, 200), slice(126, 326)
"""What thumbnails show of the example picture: the face, and room for a hat."""

Painter = Callable[[NDArray[np.uint8], Sequence[DetectedFace]], NDArray[np.uint8]]
"""From a picture, H x W x 3, and its faces to a copy of it that is drawn on."""


def painter(name: str) -> Painter:
    """What draws a filter, or `KEYPOINTS`, or `NOTHING`; UsageError for an unknown name."""
    if name == KEYPOINTS:
        return draw_faces
    if name == NOTHING:
        return lambda picture, faces: picture
    worn = get_filter(name)
    return lambda picture, faces: apply_filter(picture, faces, worn)


async def post_drawing(request: Request) -> Response:
    """The posted picture, drawn on: as a JPEG if it is one, otherwise as a PNG."""
    state, query = state_of(request), request.query_params
    finder = (await state.finders(request)).choose(query.get("points"))
    paint = painter(query.get("filter", KEYPOINTS))

    def draw(upload: Upload) -> Response:
        picture = upload.picture()
        drawn = paint(picture, numbered(finder.detect(picture)))
        return picture_response(drawn, "jpeg" if upload.is_jpeg else "png")

    with state.queue.place():
        upload = await read_upload(request)
        return await state.queue.run(lambda: draw(upload))


async def get_thumbnail(request: Request) -> Response:
    """The face of the example picture with the filter of the path."""
    state, query = state_of(request), request.query_params
    finder = (await state.finders(request)).choose(query.get("points"))
    paint = painter(request.path_params["name"])
    # Without a place, so that several pages may open at a time: there is no upload to hold.
    response = await state.queue.run(lambda: picture_response(thumbnail(finder, paint), "png"))
    response.headers["Cache-Control"] = f"private, max-age={THUMBNAIL_KEPT_S}"
    return response


def picture_response(picture: NDArray[np.uint8], kind: str) -> Response:
    """The picture as a file of that kind, jpeg or png."""
    return Response(encoded(picture, kind), media_type=f"image/{kind}")


def encoded(picture: NDArray[np.uint8], kind: str) -> bytes:
    """The bytes of a file of that kind, jpeg or png."""
    file = io.BytesIO()
    write_picture(picture, file, kind)
    return file.getvalue()


def thumbnail(finder: FaceKeypoints, paint: Painter) -> NDArray[np.uint8]:
    """THUMBNAIL_SIZE x THUMBNAIL_SIZE x 3, the face of the example picture, drawn on.

    It need not be found, as its box is known.
    """
    picture = read_picture(ASTRONAUT)
    drawn = paint(picture, finder.detect(picture, boxes=[ASTRONAUT_FACE]))
    window = drawn[THUMBNAIL_ROWS, THUMBNAIL_COLUMNS]
    square = (THUMBNAIL_SIZE, THUMBNAIL_SIZE)
    return np.asarray(cv2.resize(window, square, interpolation=cv2.INTER_AREA), np.uint8)
