"""Faces drawn into their picture: boxes, keypoints, contours, numbers; and the map of the numbers.

Every mark has a dark rim, so that it shows on light and on dark pictures; its size follows the
face's. Keypoints are drawn where they are, to a sixteenth of a pixel.
"""

from collections.abc import Iterable

import cv2
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kaggle_fkd.figures.style import keypoint_colours, new_figure
from kaggle_fkd.keypoints import IBUG68, KeypointScheme
from kaggle_fkd.photo.face import DetectedFace
from kaggle_fkd.photo.head_model import head_points

RIM = (20, 20, 20)
WHITE = (255, 255, 255)
DRAWN_SIZE = 600
"""Faces smaller than this many pixels are drawn enlarged, and then reduced, ..."""
MAX_ZOOM = 8
"""... but by no more than this."""
_SHIFT = 4
"""OpenCV takes coordinates as integers with this many binary places."""


def draw_faces(
    picture: NDArray[np.uint8],
    faces: Iterable[DetectedFace],
    boxes: bool = True,
    indices: bool = False,
) -> NDArray[np.uint8]:
    """A copy of the H x W x 3 picture with the faces drawn in it, coloured by group.

    `boxes` draws each face's box, `indices` each keypoint's number in its scheme, from 0.
    """
    drawn = np.ascontiguousarray(picture).copy()
    for face in faces:
        corners = np.concatenate([face.box.reshape(2, 2), face.keypoints])
        spare = 0.05 * np.ptp(corners, axis=0).max() + 2
        limits = np.array(drawn.shape[1::-1])
        low = np.clip(np.floor(corners.min(axis=0) - spare), 0, limits).astype(int)
        high = np.clip(np.ceil(corners.max(axis=0) + spare), 0, limits).astype(int)
        if (high > low).all():
            window = drawn[low[1] : high[1], low[0] : high[0]]
            window[:] = _draw_face(window, face, low, boxes, indices)
    return drawn


def _draw_face(
    window: NDArray[np.uint8],
    face: DetectedFace,
    corner: NDArray[np.int_],
    boxes: bool,
    indices: bool,
) -> NDArray[np.uint8]:
    """The window of a picture that starts at `corner`, x and y, with the face drawn in it.

    Small faces are drawn enlarged, each pixel as a block, and reduced again: so lines can be
    thinner than a pixel, and pixels that nothing is drawn on stay what they are.
    """
    size = float(np.sqrt(np.ptp(face.keypoints, axis=0).prod()))
    zoom = int(np.clip(np.ceil(DRAWN_SIZE / max(size, 1)), 1, MAX_ZOOM))
    canvas = window.repeat(zoom, axis=0).repeat(zoom, axis=1)
    points = (face.keypoints - corner + 0.5) * zoom - 0.5
    # Lines of a 180th of the face's size are thin on a portrait and still seen in a group.
    size = max(size * zoom, 1)
    thickness = max(1, round(size / 180))
    if boxes:
        x0, y0, x1, y1 = (face.box - np.tile(corner, 2)) * zoom - 0.5
        _line(canvas, np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]), True, WHITE, thickness)
    colours = [_rgb(colour) for colour in keypoint_colours(face.scheme)]
    for contour in face.scheme.contours:
        members = list(contour.keypoints)
        _line(canvas, points[members], contour.closed, colours[members[0]], thickness)
    for point, colour in zip(points, colours, strict=True):
        _dot(canvas, point, size / (10 * len(points) ** 0.5), colour)
    if indices:
        for index, point in enumerate(points):
            _number(canvas, index, point, size)
    return cv2.resize(canvas, window.shape[1::-1], interpolation=cv2.INTER_AREA).astype(np.uint8)


def index_figure(scheme: KeypointScheme = IBUG68) -> Figure:
    """A map of the scheme's keypoints with their numbers, from 0, on the generic head."""
    points = head_points(scheme)[:, :2]
    colours = keypoint_colours(scheme)
    figure = new_figure(9, 9)
    axes = figure.add_subplot()
    lines = []
    for contour in scheme.contours:
        members = list(contour.keypoints)
        line = points[members + members[:1]] if contour.closed else points[members]
        axes.plot(line[:, 0], line[:, 1], color=colours[members[0]], linewidth=1.5, zorder=1)
        lines.append(_along(line))
    axes.scatter(
        points[:, 0], points[:, 1], s=40, c=colours, edgecolors="black", linewidths=0.8, zorder=2
    )
    for index, place in enumerate(_places_of_numbers(points, np.concatenate([points, *lines]))):
        axes.text(place[0], place[1], str(index), ha="center", va="center", fontsize=9)
    for group, indices in scheme.groups.items():
        axes.scatter([], [], color=colours[indices[0]], edgecolors="black", s=40, label=group)
    figure.legend(loc="outside lower center", ncols=len(scheme.groups), frameon=False)
    figure.suptitle(f"{scheme.name}: numbers from 0; the subject's right is at the left")
    axes.set_aspect("equal")
    axes.margins(0.05)
    axes.invert_yaxis()
    axes.set_axis_off()
    return figure


def _along(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """P x 2 points close together along a line of straight pieces."""
    steps = np.linspace(0, 1, 12)[:, None, None]
    return (line[:-1] + steps * np.diff(line, axis=0)).reshape(-1, 2)


def _places_of_numbers(
    points: NDArray[np.float64], taken: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """K places around the points, each where it is farthest from what is `taken`, P x 2.

    Each number takes its place, too. Of places that are all free, the outermost is chosen.
    """
    distance = 0.027 * float(np.ptp(points[:, 0]))
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    around = distance * np.column_stack([np.cos(angles), np.sin(angles)])
    centre = points.mean(axis=0)
    places: list[NDArray[np.float64]] = []
    for point in points:
        candidates = point + around
        obstacles = np.concatenate([taken, *([place] for place in places)])
        room = np.linalg.norm(candidates[:, None] - obstacles, axis=2).min(axis=1)
        outwards = np.linalg.norm(candidates - centre, axis=1)
        places.append(candidates[np.argmax(room.round(3) + 0.01 * outwards)])
    return places


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = (round(255 * part) for part in to_rgb(colour))
    return red, green, blue


def _fixed(points: NDArray[np.float64]) -> NDArray[np.int32]:
    # Far beyond any picture, but within what OpenCV's integers hold.
    return np.asarray(np.rint(points.clip(-60000, 60000) * (1 << _SHIFT)), np.int32)


def _line(
    picture: NDArray[np.uint8], points: NDArray[np.float64], closed: bool,
    colour: tuple[int, int, int], thickness: int,
) -> None:  # fmt: skip
    for ink, width in ((RIM, thickness + 2), (colour, thickness)):
        cv2.polylines(picture, [_fixed(points)], closed, ink, width, cv2.LINE_AA, _SHIFT)


def _dot(
    picture: NDArray[np.uint8], point: NDArray[np.float64], radius: float,
    colour: tuple[int, int, int],
) -> None:  # fmt: skip
    x, y = _fixed(point).tolist()
    for ink, extent in ((RIM, radius + 1), (colour, radius)):
        cv2.circle(
            picture, (x, y), round(extent * (1 << _SHIFT)), ink, cv2.FILLED, cv2.LINE_AA, _SHIFT
        )


def _number(
    picture: NDArray[np.uint8], index: int, point: NDArray[np.float64], size: float
) -> None:
    scale = max(0.3, size / 900)
    x, y = (int(value) for value in np.rint(point.clip(-60000, 60000) + size / 70))
    for ink, width in ((RIM, 3), (WHITE, 1)):
        cv2.putText(
            picture, str(index), (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, ink, width, cv2.LINE_AA
        )
