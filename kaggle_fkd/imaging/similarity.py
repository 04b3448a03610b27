"""Similarities: maps that turn, scale and shift, as between a picture and a chip cropped from it.

A map is a 2 x 3 matrix on pixel coordinates, x then y. Pixel centres have integer coordinates in
both.
"""

import numpy as np
from numpy.typing import NDArray


def similarity(source: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """The similarity, `... x 2 x 3`, that maps source to target, both `... x P x 2`.

    Least squares without reflection (Umeyama 1991), which in the plane is the regression of one
    complex number on another. The source must have at least two different points.
    """
    from_z, to_z = _complex(source), _complex(target)
    from_mean, to_mean = from_z.mean(-1, keepdims=True), to_z.mean(-1, keepdims=True)
    from_z = from_z - from_mean
    covariance = (from_z.conj() * (to_z - to_mean)).sum(-1)
    turn = covariance / (np.abs(from_z) ** 2).sum(-1)
    shift = to_mean[..., 0] - turn * from_mean[..., 0]
    rows = [[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]]
    return np.moveaxis(np.array(rows), (0, 1), (-2, -1))


def scaling(factor: float) -> NDArray[np.float64]:
    """2 x 3, from pixels of a picture to those of the same picture, larger by a factor."""
    shift = (factor - 1) / 2  # corners stay in place, and are half a pixel outside pixel centres
    return np.array([[factor, 0, shift], [0, factor, shift]])


def transform_points(
    matrix: NDArray[np.floating], points: NDArray[np.floating]
) -> NDArray[np.float64]:
    """The images of the points, `... x P x 2`, under the map, `... x 2 x 3`."""
    linear, shift = matrix[..., :2], matrix[..., 2]
    return np.asarray(points @ np.swapaxes(linear, -1, -2) + shift[..., None, :], np.float64)


def invert(matrix: NDArray[np.floating]) -> NDArray[np.float64]:
    """The inverse map, `... x 2 x 3`."""
    linear = np.linalg.inv(matrix[..., :2])
    return np.concatenate([linear, -linear @ matrix[..., 2:]], axis=-1)


def _complex(points: NDArray[np.floating]) -> NDArray[np.complex128]:
    return np.asarray(points[..., 0] + 1j * points[..., 1])
