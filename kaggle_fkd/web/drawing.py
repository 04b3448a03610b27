"""`POST /v1/drawing`: the picture with its keypoints or a filter; and the filters' thumbnails."""

import io
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from kaggle_fkd.errors import PictureError
from kaggle_fkd.imaging.boxes import window_around
from kaggle_fkd.imaging.picture import ASTRONAUT, read_picture, write_picture
from kaggle_fkd.photo.face import DetectedFace
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.overlay.drawing import draw_faces
from kaggle_fkd.photo.overlay.filter import get_filter
from kaggle_fkd.photo.overlay.wear import apply_filter
from kaggle_fkd.web.state import state_of
from kaggle_fkd.web.upload import Upload, read_upload

KEYPOINTS, NOTHING = "keypoints", "none"
"""What may be drawn instead of a filter. A picture with nothing drawn on it is upright, and in a
format that browsers show."""
THUMBNAIL_SIZE = 144
"""Pixels; pages show thumbnails at half of this, sharp on screens with twice the pixels."""
THUMBNAIL_KEPT_S = 3600
"""Seconds for which a browser may keep a thumbnail."""
SHOWN, RAISED = 1.1, 0.35
"""Half the side of what a thumbnail shows, and how much higher than the face it is for hats, in
sizes of the face."""

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
        drawn = paint(picture, finder.detect(picture))
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
    """THUMBNAIL_SIZE x THUMBNAIL_SIZE x 3, around the first face of the example picture drawn on.

    Raises PictureError if the finder does not find a face in it.
    """
    picture = read_picture(ASTRONAUT)
    faces = finder.detect(picture)
    if not faces:
        raise PictureError("no face was found in the example picture", "use other networks")
    points, size = faces[0].keypoints, faces[0].size
    middle = (points.min(axis=0) + points.max(axis=0)) / 2 - (0, RAISED * size)
    window, _ = window_around(paint(picture, faces), middle[None], SHOWN * size)
    square = (THUMBNAIL_SIZE, THUMBNAIL_SIZE)
    return np.asarray(cv2.resize(window, square, interpolation=cv2.INTER_AREA), np.uint8)
