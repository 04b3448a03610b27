"""What is where in a chip that is cut out of a picture."""

import tracemalloc

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.similarities import a_map, maps

from kaggle_fkd.imaging.chips import block_means, cut_chip
from kaggle_fkd.imaging.similarity import transform_points


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
def test_a_spot_is_where_the_map_takes_its_centre(scale, degrees, x, y, chip_x, chip_y):
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


@pytest.mark.parametrize("shape", [(20, 600_000), (600_000, 20)])
def test_a_picture_as_thin_as_a_line_is_reduced_in_little_memory(shape):
    picture = np.full(shape, 90, np.uint8)  # 12 MB; padded to squares, it would have 450
    tracemalloc.start()
    try:
        means = block_means(picture, 750, cv2.BORDER_REPLICATE)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sorted(means.shape) == [1, 800] and (means == 90).all() and peak < 50e6


def test_a_thin_strip_on_black_becomes_dim_when_it_shrinks():
    strip = np.full((3, 20), 200, np.uint8)
    assert (block_means(strip, 10, cv2.BORDER_CONSTANT) == 60).all()


@pytest.mark.parametrize("scale", [0.1, 1, 4])
def test_outside_the_picture_its_border_is_repeated(scale):
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
