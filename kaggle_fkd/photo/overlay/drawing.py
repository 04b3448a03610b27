"""`draw_faces`: bounding boxes, keypoints, contours and numbers, drawn into a picture.

Every mark has a dark rim, so that it is visible on light and on dark pictures, and grows with the
face. Keypoints are drawn to a sixteenth of a pixel.
"""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ImageColor

from kaggle_fkd.figures.palette import keypoint_colours
from kaggle_fkd.imaging.boxes import window_around
from kaggle_fkd.photo.face import DetectedFace

RIM = (20, 20, 20)
WHITE = (255, 255, 255)
DRAWN_SIZE = 600
"""Pixels; smaller faces are enlarged to this size, drawn on, and reduced again."""
MAX_ZOOM = 8
"""Faces are enlarged at most by this factor."""
FONT = cv2.FONT_HERSHEY_SIMPLEX
MIN_TEXT = 0.35
"""The smallest size of a face's number at which it can be read, in units of OpenCV's font."""
HOLLOW = 2.0
"""Radius of the circles of uncertain keypoints, in radii of the discs of the others."""
FRACTION_BITS = 4
"""Binary places of the fixed-point coordinates that OpenCV takes."""


def draw_faces(
    picture: NDArray[np.uint8],
    faces: Iterable[DetectedFace],
    boxes: bool = True,
    indices: bool = False,
    line_width: float = 1.0,
) -> NDArray[np.uint8]:
    """A copy of the H x W x 3 picture with the faces drawn in it, coloured by group.

    Keypoints that are `uncertain` are hollow. `boxes` draws each face's bounding box, with its
    number and its confidence if it has a number, `indices` each keypoint's number in its scheme,
    from 0. `line_width` is a factor on the widths of lines and keypoints.
    """
    drawn = np.ascontiguousarray(picture).copy()
    for face in faces:
        corners = np.concatenate([face.box.reshape(2, 2), face.keypoints])
        spare = 0.05 * line_width * np.ptp(corners, axis=0).max() + 2 * line_width
        window, corner = window_around(drawn, corners, spare)
        if window.size:
            window[:] = _draw_face(window, face, corner, boxes, indices, line_width)
            if boxes and face.number is not None:
                _label(drawn, face)
    return drawn


def _draw_face(
    window: NDArray[np.uint8],
    face: DetectedFace,
    corner: NDArray[np.int_],
    boxes: bool,
    indices: bool,
    line_width: float,
) -> NDArray[np.uint8]:
    """The h x w x 3 window of a picture, from `corner` (x, y) on, with the face drawn in it.

    A small face is enlarged, each pixel to a block, drawn on, and reduced again: so lines can be
    thinner than a pixel, and pixels without a mark keep their values.
    """
    zoom = int(np.clip(np.ceil(DRAWN_SIZE / max(face.size, 1)), 1, MAX_ZOOM))
    canvas = window.repeat(zoom, axis=0).repeat(zoom, axis=1)
    points = (face.keypoints - corner + 0.5) * zoom - 0.5
    # Lines of 1/180 of the face's size are thin on a portrait and still visible in a group.
    size = max(face.size * zoom, 1)
    thickness = max(1, round(line_width * size / 180))
    if boxes:
        x0, y0, x1, y1 = (face.box - np.tile(corner, 2)) * zoom - 0.5
        _line(canvas, np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]), True, WHITE, thickness)
    colours = [_rgb(colour) for colour in keypoint_colours(face.scheme)]
    for contour in face.scheme.contours:
        members = list(contour.keypoints)
        _line(canvas, points[members], contour.closed, colours[members[0]], thickness)
    for point, colour, hollow in zip(points, colours, face.uncertain, strict=True):
        radius = line_width * size / (10 * len(points) ** 0.5)
        _dot(canvas, point, radius, colour, hollow)
    if indices:
        for index, point in enumerate(points):
            _number(canvas, index, point, size)
    return cv2.resize(canvas, window.shape[1::-1], interpolation=cv2.INTER_AREA).astype(np.uint8)


def _label(picture: NDArray[np.uint8], face: DetectedFace) -> None:
    """The number of the face and its confidence, above its box, or in it at the upper border.

    It is shifted into the picture at its left and right border.
    """
    text = f"{face.number}: {face.confidence:.0%}"
    width = float(face.box[2] - face.box[0])
    scale = float(np.clip(width / 300, MIN_TEXT, 2))
    (length, height), _ = cv2.getTextSize(text, FONT, scale, 1)
    x, y = (int(value) for value in np.rint(face.box[:2].clip(0, 60000)))
    x = max(0, min(x, picture.shape[1] - length))
    y = y - 4 if y >= height + 6 else y + height + 4
    _text(picture, text, (x, y), scale)


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return red, green, blue


def fixed_point(points: NDArray[np.float64]) -> NDArray[np.int32]:
    """The points, `... x 2`, in OpenCV's fixed-point coordinates."""
    # The limits are far beyond any picture, but within the range of OpenCV's integers.
    return np.asarray(np.rint(points.clip(-60000, 60000) * (1 << FRACTION_BITS)), np.int32)


def _line(
    picture: NDArray[np.uint8], points: NDArray[np.float64], closed: bool,
    colour: tuple[int, int, int], thickness: int,
) -> None:  # fmt: skip
    for ink, width in ((RIM, thickness + 2), (colour, thickness)):
        cv2.polylines(
            picture, [fixed_point(points)], closed, ink, width, cv2.LINE_AA, FRACTION_BITS
        )


def _dot(
    picture: NDArray[np.uint8], point: NDArray[np.float64], size: float,
    colour: tuple[int, int, int], hollow: bool,
) -> None:  # fmt: skip
    x, y = fixed_point(point).tolist()
    if hollow:
        size, width = HOLLOW * size, max(1, round(size))
        inks = ((RIM, size, width + 2), (colour, size, width))
    else:
        inks = ((RIM, size + 1, cv2.FILLED), (colour, size, cv2.FILLED))
    for ink, extent, thickness in inks:
        radius = round(extent * (1 << FRACTION_BITS))
        cv2.circle(picture, (x, y), radius, ink, thickness, cv2.LINE_AA, FRACTION_BITS)


def _number(
    picture: NDArray[np.uint8], index: int, point: NDArray[np.float64], size: float
) -> None:
    scale = max(0.3, size / 900)
    x, y = (int(value) for value in np.rint(point.clip(-60000, 60000) + size / 70))
    _text(picture, str(index), (x, y), scale)


def _text(picture: NDArray[np.uint8], text: str, place: tuple[int, int], scale: float) -> None:
    for ink, width in ((RIM, 3), (WHITE, 1)):
        cv2.putText(picture, text, place, FONT, scale, ink, width, cv2.LINE_AA)
