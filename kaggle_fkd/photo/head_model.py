"""A generic human head: iBUG's points in space, and the pose of a head in a picture.

The axes are those of a camera: x to the picture's right, y down, z away from the viewer. The origin
is between the eyes, the unit is the distance between the outer eye corners (about 9 cm).
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.errors import UsageError
from kaggle_fkd.imaging.similarity import similarity
from kaggle_fkd.keypoints import KeypointScheme

MIN_POSE_KEYPOINTS = 3
"""Minimum number of keypoints, without the jaw's, for the six unknowns of a pose."""

# Computed once by structure from motion (scaled orthographic factorisation, Tomasi and Kanade
# 1992, alternating with the cameras) from 5135 annotated faces and their mirror images, then made
# symmetric. Jaw and mouth had smaller weights: the jaw's points slide as a head turns, mouths open.
# fmt: off
_HEAD = (
    (-0.85, 0.027, 0.636), (-0.84, 0.244, 0.592), (-0.807, 0.447, 0.579),
    (-0.764, 0.645, 0.57), (-0.689, 0.852, 0.519), (-0.564, 1.025, 0.406),
    (-0.422, 1.149, 0.25), (-0.246, 1.254, 0.076), (0, 1.31, 0.019), (0.246, 1.254, 0.076),
    (0.422, 1.149, 0.25), (0.564, 1.025, 0.406), (0.689, 0.852, 0.519), (0.764, 0.645, 0.57),
    (0.807, 0.447, 0.579), (0.84, 0.244, 0.592), (0.85, 0.027, 0.636), (-0.661, -0.175, 0.105),
    (-0.559, -0.248, -0.033), (-0.428, -0.271, -0.127), (-0.302, -0.258, -0.187),
    (-0.187, -0.222, -0.22), (0.187, -0.222, -0.22), (0.302, -0.258, -0.187),
    (0.428, -0.271, -0.127), (0.559, -0.248, -0.033), (0.661, -0.175, 0.105),
    (0, -0.006, -0.243), (0, 0.139, -0.335), (0, 0.277, -0.438), (0, 0.404, -0.474),
    (-0.148, 0.495, -0.227), (-0.081, 0.515, -0.271), (0, 0.536, -0.292),
    (0.081, 0.515, -0.271), (0.148, 0.495, -0.227), (-0.5, -0.007, 0.035),
    (-0.417, -0.044, -0.047), (-0.313, -0.044, -0.055), (-0.221, 0.007, -0.035),
    (-0.311, 0.033, -0.05), (-0.418, 0.033, -0.025), (0.221, 0.007, -0.035),
    (0.313, -0.044, -0.055), (0.417, -0.044, -0.047), (0.5, -0.007, 0.035),
    (0.418, 0.033, -0.025), (0.311, 0.033, -0.05), (-0.302, 0.769, -0.029),
    (-0.197, 0.71, -0.18), (-0.072, 0.675, -0.262), (0, 0.691, -0.27), (0.072, 0.675, -0.262),
    (0.197, 0.71, -0.18), (0.302, 0.769, -0.029), (0.195, 0.861, -0.127),
    (0.096, 0.908, -0.182), (0, 0.917, -0.195), (-0.096, 0.908, -0.182),
    (-0.195, 0.861, -0.127), (-0.272, 0.768, -0.037), (-0.086, 0.749, -0.211),
    (0, 0.75, -0.23), (0.086, 0.749, -0.211), (0.272, 0.768, -0.037), (0.085, 0.805, -0.181),
    (0, 0.814, -0.194), (-0.085, 0.805, -0.181),
)
# fmt: on


class Pose(NamedTuple):
    """The rotation of a head, in degrees; all 0 for a face that looks straight at the camera."""

    pitch: float
    """Positive if the face looks up."""
    yaw: float
    """Positive if the face looks to the picture's right (the subject's left)."""
    roll: float
    """Positive if the head is tilted clockwise, as the viewer sees it."""


class Camera(NamedTuple):
    """The generic head as a pinhole camera sees it, at `rotation @ point + translation`."""

    rotation: NDArray[np.float64]
    """3 x 3, from the head's axes to the camera's."""
    translation: NDArray[np.float64]
    """3, the head's origin in the camera's axes."""

    def pose(self) -> Pose:
        """The rotation as angles, applied in the order pitch, yaw, roll.

        They are relative to the line of sight to the head, so that a crop of the picture, which
        has another centre, hardly changes them.
        """
        rotation = line_of_sight(self.translation).T @ self.rotation
        pitch = np.arctan2(rotation[2, 1], rotation[2, 2])
        yaw = np.arcsin(np.clip(-rotation[2, 0], -1, 1))
        roll = np.arctan2(rotation[1, 0], rotation[0, 0])
        # With a positive rotation about x the head looks down, about y to the picture's left.
        return Pose(*(float(np.degrees(angle)) for angle in (-pitch, -yaw, roll)))

    def flattened(self) -> NDArray[np.float64]:
        """2 x 3, the camera's linear approximation near the head, up to scale (weak perspective).

        The projection is along the line of sight to the head, which is oblique where the face is
        away from the picture's centre.
        """
        slant = self.translation[:2] / self.translation[2]
        return np.asarray(self.rotation[:2] - slant[:, None] * self.rotation[2])


def line_of_sight(position: NDArray[np.float64]) -> NDArray[np.float64]:
    """3 x 3, the smallest rotation of the camera's axis to the direction of `position`, 3."""
    direction = position / np.linalg.norm(position)
    axis = np.cross((0.0, 0.0, 1.0), direction)
    sine = float(np.linalg.norm(axis))
    turn = axis / max(sine, 1e-12) * np.arctan2(sine, direction[2])
    return np.asarray(cv2.Rodrigues(turn)[0], np.float64)


def head_points(scheme: KeypointScheme) -> NDArray[np.float64]:
    """K x 3, the scheme's keypoints on the generic head.

    Raises UsageError for a scheme that does not say which of iBUG's points its keypoints are.
    """
    return np.asarray(scheme.from_ibug68(np.array(_HEAD)), np.float64)


def has_pose(scheme: KeypointScheme) -> bool:
    """True if `find_camera` can work with the scheme's keypoints."""
    return bool(scheme.conventions[0].ibug68) and len(rigid_keypoints(scheme)) >= MIN_POSE_KEYPOINTS


def find_camera(
    keypoints: NDArray[np.float64], scheme: KeypointScheme, size: tuple[int, int]
) -> Camera:
    """The camera that sees the generic head's points at `keypoints`, K x 2.

    Perspective-n-point by least squares (cv2.solvePnP) for a pinhole camera whose focal length is
    the picture's width, with its axis through the picture's centre. `size` is (height, width).
    The jaw's points are left out: annotators put them on the visible outline, not on the bone.
    Raises UsageError for a scheme without a pose (`has_pose`).
    """
    if not has_pose(scheme):
        raise UsageError(
            f"{scheme.name} does not have the keypoints that a pose is computed from",
            f"use a scheme with {MIN_POSE_KEYPOINTS} keypoints or more, apart from the jaw's, that "
            "says which of iBUG's points they are",
        )
    used = rigid_keypoints(scheme)
    points, seen = head_points(scheme)[used], keypoints[used].astype(np.float64)
    focal, centre = float(size[1]), (np.array(size[::-1]) - 1) / 2
    matrix = np.array([[focal, 0, centre[0]], [0, focal, centre[1]], [0, 0, 1]])
    # The start is a head that faces the camera, at the position, size and tilt of the seen one.
    flat = similarity(points[:, :2], seen)
    distance = focal / float(np.hypot(*flat[:, 0]))
    tilt = np.array([0, 0, np.arctan2(flat[1, 0], flat[0, 0])])
    position = np.append((flat[:, 2] - centre) / focal, 1.0) * distance
    _, turn, translation = cv2.solvePnP(
        points, seen, matrix, None, tilt, position, True, cv2.SOLVEPNP_ITERATIVE
    )
    rotation, _ = cv2.Rodrigues(turn)
    return Camera(np.asarray(rotation, np.float64), np.asarray(translation, np.float64).ravel())


def rigid_keypoints(scheme: KeypointScheme) -> list[int]:
    """Indices of the keypoints that do not belong to the jaw."""
    return [index for index, group in enumerate(scheme.group_by_keypoint) if group != "jaw"]
