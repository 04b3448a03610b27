"""A photograph as a camera sees it that moves over it."""

import numpy as np
import pytest

from kaggle_fkd.photo.video.panning import panned_frames

PICTURE = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)


def test_the_camera_begins_and_ends_where_it_is_told():
    frames = list(panned_frames(
        PICTURE, (0, 0, 40, 30), (20, 10, 60, 40), size=(30, 40), seconds=1, rate=5
    ))  # fmt: skip
    assert np.array_equal(frames[0].picture, PICTURE[:30, :40])
    assert np.array_equal(frames[-1].picture, PICTURE[10:40, 20:60])
    assert [frame.time for frame in frames] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert np.array_equal(frames[2].picture, PICTURE[5:35, 10:50])


def test_a_zoom_keeps_the_centre_in_the_centre():
    blob = np.zeros((101, 101, 3), np.uint8)
    blob[46:55, 46:55] = 255
    last = list(panned_frames(
        blob, (0, 0, 101, 101), (25.25, 25.25, 75.75, 75.75), size=(101, 101)
    ))[-1].picture  # fmt: skip
    rows, columns = np.nonzero(last[..., 0] > 127)
    assert rows.mean() == pytest.approx(50) and columns.mean() == pytest.approx(50)
    assert np.ptp(rows) + 1 == pytest.approx(18, abs=1)


def test_outside_the_picture_its_border_is_repeated():
    (first, _) = panned_frames(PICTURE, (-10, 0, 30, 30), (0, 0, 40, 30), size=(30, 40), seconds=0)
    assert np.array_equal(first.picture[:, :10], np.repeat(PICTURE[:30, :1], 10, axis=1))
