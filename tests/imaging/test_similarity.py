"""Similarities are fitted, applied and inverted."""

import numpy as np
from hypothesis import given
from support.similarities import FACE, a_map, maps

from kaggle_fkd.imaging.similarity import invert, similarity, transform_points


@given(maps)
def test_a_similarity_is_recovered_from_the_points_that_it_moved(expected):
    np.testing.assert_allclose(
        similarity(FACE, transform_points(expected, FACE)), expected, rtol=1e-6, atol=1e-6
    )


@given(maps)
def test_the_inverse_map_takes_points_back(forward):
    back = transform_points(invert(forward), transform_points(forward, FACE))
    np.testing.assert_allclose(back, FACE, atol=1e-6)


def test_a_mirror_image_is_matched_without_a_reflection():
    matrix = similarity(FACE, FACE * (-1, 1))
    assert np.linalg.det(matrix[:, :2]) >= 0


def test_no_other_similarity_fits_better():
    noisy = FACE + np.random.default_rng(1).normal(0, 5, FACE.shape)
    best = similarity(FACE, noisy)

    def error(matrix):
        return ((transform_points(matrix, FACE) - noisy) ** 2).sum()

    for nudge in (a_map(1.01, 0, 0, 0), a_map(0.99, 0, 0, 0), a_map(1, 0.5, 0, 0),
                  a_map(1, -0.5, 0, 0), a_map(1, 0, 0.2, 0), a_map(1, 0, 0, -0.2)):  # fmt: skip
        nudged = nudge @ np.vstack([best, (0, 0, 1)])
        assert error(nudged) > error(best)


def test_many_faces_are_matched_as_each_alone():
    shapes = np.stack([FACE, transform_points(a_map(2, 30, 5, 6), FACE), FACE[::-1]])
    together = similarity(shapes, FACE)
    for shape, matrix in zip(shapes, together, strict=True):
        np.testing.assert_allclose(matrix, similarity(shape, FACE), atol=1e-9)
