"""Faces that were found in photographs, as figures, and their measurements as a table."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from numpy.typing import NDArray

from kaggle_fkd.errors import UsageError
from kaggle_fkd.figures.palette import PALETTE, keypoint_colours
from kaggle_fkd.figures.pictures import PICTURE_WIDTH, picture_gallery
from kaggle_fkd.figures.style import PREDICTED
from kaggle_fkd.imaging.boxes import window_around
from kaggle_fkd.metrics import WITHIN
from kaggle_fkd.photo.face import DetectedFace
from kaggle_fkd.photo.head_model import Pose, find_camera

AROUND = 0.2
"""What is shown around a face's box, as a share of the box."""
DOT, SMALLEST_DOT = 0.3, 1.2
"""Diameter of one of K keypoints, as a share of the face's size over the root of K, and its least
value in points."""
AXIS_COLOURS = (PALETTE[6], PALETTE[2], PALETTE[5])
"""Colours of a head's axes: to its left, down, and forwards."""


def detection_gallery(
    pictures: Sequence[NDArray[np.uint8]], found: Sequence[Sequence[DetectedFace]],
    title: str = "", columns: int = 3, width: float = PICTURE_WIDTH,
) -> Figure:  # fmt: skip
    """N pictures, H x W x 3, with the boxes and keypoints of the faces in each, and their size.

    Each picture is `width` inches wide.
    """
    captions = [
        f"{picture.shape[1]} x {picture.shape[0]}: {_faces_in_words(faces)}"
        for picture, faces in zip(pictures, found, strict=True)
    ]
    figure = picture_gallery(pictures, captions, title, columns, width)
    for axes, faces in zip(figure.axes, found, strict=False):
        for face in faces:
            x0, y0, x1, y1 = face.box - 0.5
            axes.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, color=PREDICTED))
            _draw_keypoints(axes, face.keypoints, face)
    return figure


def face_gallery(
    faces: Sequence[DetectedFace], captions: Sequence[str], title: str = "", columns: int = 4,
    *, errors: bool = False, pose: bool = False,
) -> Figure:  # fmt: skip
    """Each of N faces, cut out of its picture, with its keypoints.

    `errors` draws a circle around each keypoint, within which it is with a probability of 95 %:
    its radius is twice the expected error. `pose` draws the axes of the head at its nose: to the
    subject's left, down, and forwards. Raises UsageError for a pose of a scheme without one, and
    without faces.
    """
    if not len(faces):
        raise UsageError("there is no face to show", "leave out pictures in which none was found")
    windows, corners = zip(*map(_window, faces), strict=True)
    figure = picture_gallery(windows, captions, title, columns)
    for axes, face, corner in zip(figure.axes, faces, corners, strict=False):
        axes.autoscale(False)
        points = face.keypoints - corner
        _draw_keypoints(axes, points, face)
        if errors:
            for (x, y), error in zip(points, face.errors, strict=True):
                circle = Circle((x, y), WITHIN * error, fill=False, color=PREDICTED, linewidth=0.8)
                axes.add_patch(circle)
        if pose:
            _draw_head_axes(axes, face, points[face.scheme.nose_tip])
    return figure


def measurements(faces: Sequence[DetectedFace]) -> pd.DataFrame:
    """A row for each face: what `DetectedFace` says of it.

    The columns are confidence, uncertainty, size (pixels), pitch, yaw, roll (degrees), and
    right_eye, left_eye (eye aspect ratios). Raises UsageError for a scheme without a pose or
    without eyelids.
    """
    rows = []
    for face in faces:
        eyes = face.eye_aspect_ratio()
        rows.append(
            {
                "confidence": face.confidence,
                "uncertainty": face.uncertainty,
                "size": face.size,
                **face.pose()._asdict(),
                "right_eye": eyes.right,
                "left_eye": eyes.left,
            }
        )
    columns = ["confidence", "uncertainty", "size", *Pose._fields, "right_eye", "left_eye"]
    return pd.DataFrame(rows, columns=columns)


def _faces_in_words(faces: Sequence[DetectedFace]) -> str:
    if not faces:
        return "no face"
    if len(faces) > 1:
        return f"{len(faces)} faces"
    return f"a face of {faces[0].size:.0f} pixels"


def _window(face: DetectedFace) -> tuple[NDArray[np.uint8], NDArray[np.int_]]:
    """The part of the picture around a face, and the x and y of its first pixel."""
    corners = face.box.reshape(2, 2)
    return window_around(face.picture, corners, AROUND * float(np.ptp(corners, axis=0).max()))


def _draw_keypoints(axes: Axes, points: NDArray[np.float64], face: DetectedFace) -> None:
    """Dots at K x 2 points, which grow with the face, in the colours of its scheme."""
    left, right = axes.get_xlim()
    points_per_pixel = 72 * axes.get_window_extent().width / axes.figure.dpi / (right - left)
    share = DOT / len(points) ** 0.5
    diameter = max(share * face.size * points_per_pixel, SMALLEST_DOT)
    colours = keypoint_colours(face.scheme)
    axes.scatter(points[:, 0], points[:, 1], s=diameter**2, c=colours, linewidths=0, zorder=2)


def _draw_head_axes(axes: Axes, face: DetectedFace, origin: NDArray[np.float64]) -> None:
    height, width = face.picture.shape[:2]
    seen = find_camera(face.keypoints, face.scheme, (height, width)).flattened()
    # The z axis points away from the viewer; a nose points the other way.
    ends = 0.4 * face.size * (seen * (1, 1, -1)).T
    for (x, y), colour in zip(ends, AXIS_COLOURS, strict=True):
        axes.annotate(
            "", (origin[0] + x, origin[1] + y), (origin[0], origin[1]),
            annotation_clip=False, zorder=3,
            arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2.5},
        )  # fmt: skip
