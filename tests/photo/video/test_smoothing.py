"""Keypoints smoothed over time."""

from dataclasses import replace

import numpy as np
import pytest
from support.posed_faces import blank, face_of, posed_face

from kaggle_fkd.photo.video.smoothing import MAX_LAG, Smoother

RATE = 30.0
"""Frames per second."""
EYES = 80.0
"""Pixels between the outer eye corners."""


def smoothed(shifts, noise=0.0):
    """Frames of a face that is moved by each of the (x, y): true, measured and smoothed points."""
    random = np.random.default_rng(0)
    picture, smoother = blank(), Smoother()
    still = posed_face(picture, size=EYES).keypoints
    rows = []
    for number, shift in enumerate(shifts):
        true = still + shift
        measured = true + random.normal(0, noise, true.shape)
        (face,) = smoother.smooth([face_of(measured, picture)], number / RATE)
        rows.append((true, measured, face.keypoints))
    return np.moveaxis(np.array(rows), 1, 0)


def test_the_jitter_of_a_still_face_falls_to_less_than_a_third():
    _, measured, smooth = smoothed(np.zeros((150, 2)), noise=0.02 * EYES)
    jitter = np.diff(smooth[30:], axis=0).std() / np.diff(measured[30:], axis=0).std()
    assert jitter < 0.33
    assert (smooth[0] == measured[0]).all()


def test_uncertain_keypoints_are_smoothed_more():
    random, picture, smoother = np.random.default_rng(0), blank(), Smoother()
    still = posed_face(picture, size=EYES).keypoints
    errors = np.where(np.arange(68) < 34, 0.01, 0.2) * EYES
    frames = []
    for number in range(150):
        measured = face_of(still + random.normal(0, 0.01 * EYES, still.shape), picture)
        (face,) = smoother.smooth([replace(measured, errors=errors)], number / RATE)
        frames.append(face.keypoints)
    jitter = np.diff(frames[30:], axis=0).std(axis=(0, 2))
    assert jitter[34:].mean() < 0.5 * jitter[:34].mean()


@pytest.mark.parametrize("speed", [0.2, 1.0, 5.0])
def test_a_moving_face_is_never_behind_by_more_than_the_stated_lag(speed):
    shifts = np.zeros((60, 2))
    shifts[20:, 0] = np.arange(40) * speed * EYES / 30  # starts at once
    true, _, smooth = smoothed(shifts)
    lag = np.linalg.norm(true - smooth, axis=2)
    assert 0 < lag.max() <= MAX_LAG * EYES * 1.001


def test_faces_are_followed_whatever_their_order():
    picture, smoother = blank(), Smoother()
    left, right = posed_face(picture, (100, 120), 50), posed_face(picture, (300, 120), 50)
    smoother.smooth([left, right], 0)
    moved = face_of(left.keypoints + 0.5, picture)
    first, second = smoother.smooth([right, moved], 1 / RATE)
    assert first.keypoints == pytest.approx(right.keypoints)
    assert (np.abs(second.keypoints - left.keypoints) < 0.5).all()
    assert (second.box < moved.box).all()


def test_a_face_that_comes_from_nowhere_is_not_smoothed():
    picture, smoother = blank(), Smoother()
    old, new = posed_face(picture, (100, 120), 50), posed_face(picture, (300, 120), 50)
    smoother.smooth([old], 0)
    assert (smoother.smooth([new], 1 / RATE)[0].keypoints == new.keypoints).all()


def test_a_face_is_remembered_for_a_moment_and_then_forgotten():
    picture = blank()
    face = posed_face(picture)
    moved = face_of(face.keypoints + 1.0, picture)
    for gap, remembered in ((3, True), (30, False)):
        smoother = Smoother()
        smoother.smooth([face], 0)
        for number in range(gap):
            assert smoother.smooth([], (number + 1) / RATE) == []
        (found,) = smoother.smooth([moved], (gap + 1) / RATE)
        assert (found.keypoints != moved.keypoints).all() == remembered


def test_faces_keep_their_numbers_also_after_a_gap():
    smoother = Smoother()
    picture = blank()
    still = posed_face(picture, centre=(100, 100), size=50)
    other = posed_face(picture, centre=(300, 150), size=50)
    assert [face.number for face in smoother.smooth([still, other], 0)] == [1, 2]
    assert [face.number for face in smoother.smooth([other], 0.1)] == [2]
    assert [face.box.tolist() for face in smoother.remembered()] == [
        other.box.tolist(), still.box.tolist()
    ]  # fmt: skip
    new = posed_face(picture, centre=(200, 260), size=50)
    assert [face.number for face in smoother.smooth([new, still], 0.2)] == [3, 1]


def test_frames_at_uneven_times_are_smoothed_for_as_long_as_they_are_apart():
    """The longer, the nearer is a point to where it is measured."""
    picture = blank()
    face = posed_face(picture, size=EYES)
    moved = face_of(face.keypoints + 0.02 * EYES, picture)
    shares = []
    for interval in (0.0, 1 / RATE, 0.2):
        smoother = Smoother()
        smoother.smooth([face], 5.0)
        (found,) = smoother.smooth([moved], 5.0 + interval)
        shares.append((found.keypoints - face.keypoints).mean() / (0.02 * EYES))
    assert 0 <= shares[0] < shares[1] < shares[2] <= 1
