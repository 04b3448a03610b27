"""Faces of any position, size and pose, made of the generic head, for tests of photographs."""

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.imaging.boxes import box_of_keypoints
from kaggle_fkd.keypoints import IBUG68, KeypointScheme
from kaggle_fkd.photo.face import DetectedFace
from kaggle_fkd.photo.head_model import head_points, line_of_sight


def blank(height: int = 300, width: int = 400, value: int = 128) -> NDArray[np.uint8]:
    """height x width x 3, an evenly grey picture."""
    return np.full((height, width, 3), value, np.uint8)


def face_of(
    keypoints: NDArray[np.float64], picture: NDArray[np.uint8], scheme: KeypointScheme = IBUG68
) -> DetectedFace:
    """The face with these keypoints, K x 2, in the picture, which are exact to a pixel."""
    errors = np.ones(len(keypoints))
    return DetectedFace(box_of_keypoints(keypoints), keypoints, errors, 0.9, scheme, picture)


def posed_face(
    picture: NDArray[np.uint8], centre: tuple[float, float] = (200.0, 130.0), size: float = 80.0,
    pitch: float = 0.0, yaw: float = 0.0, roll: float = 0.0, scheme: KeypointScheme = IBUG68,
) -> DetectedFace:  # fmt: skip
    """A face whose eyes are around `centre`, `size` pixels apart, turned by angles in degrees.

    It is seen by a pinhole camera whose focal length is the picture's width; the angles are
    relative to its line of sight to the face.
    """
    x, y, z = np.radians([-pitch, -yaw, roll])
    about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    height, width = picture.shape[:2]
    middle = (np.array([width, height]) - 1) / 2
    distance = width / size
    position = np.append((np.array(centre) - middle) / size, distance)
    turn = line_of_sight(position) @ about_z @ about_y @ about_x
    points = head_points(scheme) @ turn.T + position
    return face_of(width * points[:, :2] / points[:, 2:] + middle, picture, scheme)
