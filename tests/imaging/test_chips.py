"""Maps between pictures and chips, and what lands where in a chip."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaggle_fkd.imaging.chips import (
    box_of_keypoints,
    cut_chip,
    invert,
    similarity,
    similarity_of_box,
    transform_points,
)

FACE = np.random.default_rng(0).uniform(10, 85, (68, 2))


def a_map(scale: float, degrees: float, x: float, y: float) -> np.ndarray:
    cos, sin = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    return np.array([[cos, -sin, x], [sin, cos, y]])


maps = st.builds(
    a_map, st.floats(0.05, 20), st.floats(-180, 180), st.floats(-300, 300), st.floats(-300, 300)
)


@given(maps)
def test_a_similarity_is_recovered_from_the_points_that_it_moved(expected):
    np.testing.assert_allclose(
        similarity(FACE, transform_points(expected, FACE)), expected, rtol=1e-6, atol=1e-6
    )


@given(maps)
def test_the_map_back_is_the_way_back(there):
    back = transform_points(invert(there), transform_points(there, FACE))
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


def test_the_box_has_a_tenth_more_at_each_side_and_pixel_edges():
    points = np.array([[10.0, 30.0], [110.0, 30.0], [60.0, 80.0]])
    assert box_of_keypoints(points).tolist() == [0.5, 25.5, 120.5, 85.5]


@given(st.floats(0.1, 10), st.floats(-300, 300), st.floats(-300, 300))
def test_the_box_of_an_upright_face_leads_back_to_the_mean_face(scale, x, y):
    moved = transform_points(a_map(scale, 0, x, y), FACE)
    back = similarity_of_box(box_of_keypoints(moved), FACE)
    np.testing.assert_allclose(transform_points(back, moved), FACE, atol=1e-6)


def a_blob(x: float, y: float, radius: float) -> np.ndarray:
    """A picture of a soft bright spot on a dim ground."""
    rows, columns = np.mgrid[:500, :500]
    distance = np.hypot(columns - x, rows - y)
    return np.uint8(20 + 220 * np.exp(-((distance / radius) ** 2)))


def centre_of(chip: np.ndarray) -> tuple[float, float]:
    light = chip.astype(float) - 20
    rows, columns = np.mgrid[: len(chip), : len(chip)]
    return (columns * light).sum() / light.sum(), (rows * light).sum() / light.sum()


@given(
    scale=st.floats(0.15, 3), degrees=st.floats(-180, 180),
    x=st.floats(230, 270), y=st.floats(230, 270),
    chip_x=st.floats(38, 57), chip_y=st.floats(38, 57),
)  # fmt: skip
def test_a_spot_lands_where_the_map_takes_its_centre(scale, degrees, x, y, chip_x, chip_y):
    matrix = a_map(scale, degrees, 0, 0)
    matrix[:, 2] = (chip_x, chip_y) - transform_points(matrix, np.array([[x, y]]))[0]
    chip = cut_chip(a_blob(x, y, radius=6 / scale), matrix, 96)
    # OpenCV counts in 1/32 of a pixel.
    assert centre_of(chip) == pytest.approx((chip_x, chip_y), abs=0.1)


def test_the_identity_copies_pixels():
    picture = np.random.default_rng(2).integers(0, 256, (70, 50), dtype=np.uint8)
    chip = cut_chip(picture, a_map(1, 0, -7, -12), 30)
    np.testing.assert_array_equal(chip, picture[12:42, 7:37])


@pytest.mark.parametrize("shrink", [2, 3, 5, 8])
def test_fine_detail_is_averaged_when_a_picture_shrinks(shrink):
    checks = np.uint8(255 * (np.indices((480, 480)).sum(axis=0) % 2))
    chip = cut_chip(checks, a_map(1 / shrink, 0, 0.3, 0.3), 40)
    assert np.ptp(chip) < 40
    assert chip.mean() == pytest.approx(127.5, abs=3)


@pytest.mark.parametrize("scale", [0.1, 1, 4])
def test_beyond_the_edge_the_border_is_repeated(scale):
    picture = np.repeat(np.arange(0, 200, 2, dtype=np.uint8)[:, None], 60, axis=1)
    beside = cut_chip(picture, a_map(scale, 0, -5000, 0), 20)
    inside = cut_chip(picture, a_map(scale, 0, -30 * scale, 0), 20)
    np.testing.assert_array_equal(beside[:, 0], inside[:, 0])
    above = cut_chip(picture, a_map(scale, 0, 0, 5000), 20)
    assert (above <= 2 * 12).all()  # the rows that one pixel of the smallest scale covers


@given(maps)
def test_every_map_gives_a_chip_with_no_light_that_the_picture_lacks(matrix):
    picture = np.random.default_rng(4).integers(60, 200, (60, 80), dtype=np.uint8)
    chip = cut_chip(picture, matrix, 24)
    assert chip.shape == (24, 24)
    assert chip.min() >= 59 and chip.max() <= 200
