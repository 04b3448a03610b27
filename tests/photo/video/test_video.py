"""Videos read and written frame by frame, and keypoints smoothed over time."""

from pathlib import Path

import numpy as np
import pytest
from support.posed_faces import blank, face_of, posed_face

from kaggle_fkd.errors import FkdError, PictureError
from kaggle_fkd.imaging.chips import box_overlap
from kaggle_fkd.photo.video.frames import open_video, write_video
from kaggle_fkd.photo.video.smoothing import MAX_LAG, Smoother

EYES = 80.0
"""Pixels between the outer eye corners."""


def colours(count):
    return [np.full((48, 64, 3), (240 - 20 * i, 30, 20 * i), np.uint8) for i in range(count)]


def smoothed(shifts, noise=0.0):
    """Frames of a face that is moved by each of the (x, y): true, measured and smoothed points."""
    random = np.random.default_rng(0)
    picture, smoother = blank(), Smoother(rate=30)
    still = posed_face(picture, size=EYES).keypoints
    rows = []
    for shift in shifts:
        true = still + shift
        measured = true + random.normal(0, noise, true.shape)
        (face,) = smoother.smooth([face_of(measured, picture)])
        rows.append((true, measured, face.keypoints))
    return np.moveaxis(np.array(rows), 1, 0)


def test_a_video_keeps_its_frames_rate_and_colours(tmp_path: Path):
    path = write_video(tmp_path / "clip.mp4", iter(colours(10)), 12.5)
    video = open_video(path)
    frames = list(video.frames())
    assert (video.rate, video.length, len(frames)) == (12.5, 10, 10)
    for frame, expected in zip(frames, colours(10), strict=True):
        assert np.abs(frame.astype(int) - expected).mean() < 6


def test_frames_are_written_before_the_next_is_asked_for(tmp_path: Path):
    write_video(tmp_path / "clip.mp4", colours(5), 10)
    frames = open_video(tmp_path / "clip.mp4").frames()
    copies = write_video(tmp_path / "copy.mp4", frames, 10)
    assert open_video(copies).length == 5


def test_a_video_that_cannot_be_finished_leaves_the_old_one(tmp_path: Path):
    path = write_video(tmp_path / "clip.mp4", colours(4), 10)

    def breaking():
        yield from colours(2)
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        write_video(path, breaking(), 10)
    assert open_video(path).length == 4
    assert [file.name for file in tmp_path.iterdir()] == ["clip.mp4"]


def test_no_frames_make_no_video(tmp_path: Path):
    with pytest.raises(FkdError, match="no frame"):
        write_video(tmp_path / "clip.mp4", [], 10)
    assert not list(tmp_path.iterdir())


def test_files_that_are_no_videos_are_refused_in_one_line(tmp_path: Path, capfd):
    whole = write_video(tmp_path / "whole.mp4", colours(5), 10).read_bytes()
    for name, content in (("text.mp4", b"no video"), ("empty.mp4", b""), ("cut.mp4", whole[:900])):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PictureError, match=name):
            open_video(tmp_path / name)
    with pytest.raises(PictureError, match="gone"):
        open_video(tmp_path / "gone.mp4")
    assert capfd.readouterr().err == ""


def test_the_jitter_of_a_still_face_falls_to_less_than_a_third():
    _, measured, smooth = smoothed(np.zeros((150, 2)), noise=0.02 * EYES)
    jitter = np.diff(smooth[30:], axis=0).std() / np.diff(measured[30:], axis=0).std()
    assert jitter < 0.33
    assert (smooth[0] == measured[0]).all()


@pytest.mark.parametrize("speed", [0.2, 1.0, 5.0])
def test_a_moving_face_is_never_behind_by_more_than_the_stated_lag(speed):
    shifts = np.zeros((60, 2))
    shifts[20:, 0] = np.arange(40) * speed * EYES / 30  # starts at once
    true, _, smooth = smoothed(shifts)
    lag = np.linalg.norm(true - smooth, axis=2)
    assert 0 < lag.max() <= MAX_LAG * EYES * 1.001


def test_faces_are_followed_whatever_their_order():
    picture, smoother = blank(), Smoother(rate=30)
    left, right = posed_face(picture, (100, 120), 50), posed_face(picture, (300, 120), 50)
    smoother.smooth([left, right])
    moved = face_of(left.keypoints + 0.5, picture)
    first, second = smoother.smooth([right, moved])
    assert first.keypoints == pytest.approx(right.keypoints)
    assert (np.abs(second.keypoints - left.keypoints) < 0.5).all()
    assert (second.box < moved.box).all()


def test_a_face_that_comes_from_nowhere_is_not_smoothed():
    picture, smoother = blank(), Smoother(rate=30)
    old, new = posed_face(picture, (100, 120), 50), posed_face(picture, (300, 120), 50)
    smoother.smooth([old])
    assert (smoother.smooth([new])[0].keypoints == new.keypoints).all()


def test_a_face_is_remembered_for_a_moment_and_then_forgotten():
    picture = blank()
    face = posed_face(picture)
    moved = face_of(face.keypoints + 1.0, picture)
    for gap, remembered in ((3, True), (30, False)):
        smoother = Smoother(rate=30)
        smoother.smooth([face])
        for _ in range(gap):
            assert smoother.smooth([]) == []
        (found,) = smoother.smooth([moved])
        assert (found.keypoints != moved.keypoints).all() == remembered


def test_the_overlap_of_boxes_is_their_shared_area():
    boxes = np.array([[0, 0, 2, 2], [1, 0, 3, 2], [5, 5, 6, 6]], float)
    assert box_overlap(boxes[:1], boxes)[0] == pytest.approx([1, 1 / 3, 0])


def test_a_video_whose_name_is_no_text_is_refused(tmp_path):
    with pytest.raises(PictureError, match="UTF-8"):
        open_video(tmp_path / "\udcfe.mp4")


def test_a_face_that_is_missed_is_looked_for_where_it_was():
    smoother = Smoother(25)
    picture = blank()
    still = posed_face(picture, centre=(100, 100), size=50)
    other = posed_face(picture, centre=(300, 150), size=50)
    smoother.smooth([still, other])
    np.testing.assert_allclose(smoother.lost([other]), still.box[None])
    assert smoother.lost([still, other]).shape == (0, 4)
    assert len(smoother.lost([])) == 2
