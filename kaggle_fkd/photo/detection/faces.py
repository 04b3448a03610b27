"""Faces as a detector sees them: seven numbers each, and their geometry.

x and y of the centre, the size, x and y of the right and of the left eye of the person, in pixels;
pixel centres have integer coordinates. The size is the square root of the area of the tight box of
iBUG's points: unlike a box's sides, it hardly depends on how the head is rotated in the picture (it
grows by up to 6 %).
"""

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.imaging.boxes import box_overlap
from kaggle_fkd.imaging.similarity import similarity, transform_points
from kaggle_fkd.keypoints import EYES

CENTRE, SIZE, EYE_POINTS = slice(0, 2), 2, slice(3, 7)
"""Columns of faces, F x 7."""


def face_of_points(points: NDArray[np.floating]) -> NDArray[np.float32]:
    """`... x 7` for iBUG's points, `... x 68 x 2`."""
    low, high = points.min(axis=-2), points.max(axis=-2)
    size = np.sqrt((high - low).prod(axis=-1, keepdims=True))
    eyes = EYES.from_ibug68(points).reshape(*points.shape[:-2], 4)
    return np.concatenate([(low + high) / 2, size, eyes], axis=-1).astype(np.float32)


def transform_faces(
    matrix: NDArray[np.floating], faces: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The images of faces, F x 7, under a similarity, 2 x 3, or one for each, F x 2 x 3.

    In a mirror image, the right and the left eye change places.
    """
    determinant = np.broadcast_to(np.linalg.det(matrix[..., :2]), len(faces))
    points = transform_points(matrix, np.delete(faces, SIZE, axis=1).reshape(-1, 3, 2))
    mirrored = determinant < 0
    points[mirrored] = points[mirrored][:, [0, 2, 1]]
    size = np.sqrt(abs(determinant)) * faces[:, SIZE]
    return np.insert(points.reshape(-1, 6), SIZE, size, axis=1).astype(np.float32)


def rotated_faces(faces: NDArray[np.float32], degrees: float) -> NDArray[np.float32]:
    """Faces, F x 7, rotated clockwise about their centres."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    centre = faces[:, None, CENTRE].astype(np.float64)
    offsets = faces[:, EYE_POINTS].reshape(-1, 2, 2) - centre
    eyes = offsets @ np.array([[cos, sin], [-sin, cos]]) + centre
    return np.concatenate([faces[:, :3], eyes.reshape(-1, 4)], axis=1).astype(np.float32)


def upright_maps(
    faces: NDArray[np.floating], middle: NDArray[np.floating], size: float
) -> NDArray[np.float64]:
    """F x 2 x 3, the similarities that move the centres of faces, F x 7, to `middle`, 2.

    They get the `size`, and their eyes are side by side. A face whose eyes are in one place is not
    rotated.
    """
    centre = faces[:, CENTRE].astype(np.float64)
    across = faces[:, EYE_POINTS][:, 2:] - faces[:, EYE_POINTS][:, :2]
    length = np.linalg.norm(across, axis=1, keepdims=True)
    across = np.divide(across, length, out=np.tile([1.0, 0.0], (len(faces), 1)), where=length > 0)
    source = np.stack([centre, centre + across * faces[:, SIZE : SIZE + 1]], axis=1)
    target = middle + np.array([[0.0, 0.0], [size, 0.0]])
    return similarity(source, target)


def squares(faces: NDArray[np.floating]) -> NDArray[np.float64]:
    """F x 4, the upright squares of faces F x 7: x0, y0, x1, y1, the latter two exclusive."""
    half = faces[:, SIZE : SIZE + 1] / 2
    centre = faces[:, CENTRE] + 0.5
    return np.concatenate([centre - half, centre + half], axis=1).astype(np.float64)


def overlaps(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.float64]:
    """N x M, the intersection over union of the squares of faces N x 7 and M x 7."""
    return box_overlap(squares(first), squares(second))
