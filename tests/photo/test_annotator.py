"""What is said of annotated pictures and videos."""

import csv
import json

import numpy as np
import pytest
import skimage.data
from PIL import Image

from kaggle_fkd.photo.annotator import Annotator, describe_faces
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.overlay.drawing import draw_faces
from kaggle_fkd.photo.video.encode import write_video
from kaggle_fkd.photo.video.frames import Frame, open_video


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([0, 2, 1], "3 frames, 0 to 2 faces in each"),
        ([0, 1], "2 frames, 0 to 1 faces in each"),
        ([1], "1 frame, 1 face in each"),
        ([2, 2], "2 frames, 2 faces in each"),
        ([0, 0], "2 frames, 0 faces in each"),
    ],
)
def test_the_faces_of_a_video_are_counted_by_the_frame(counts, words):
    assert describe_faces(counts) == words


def test_a_small_picture_is_drawn_enlarged_and_described_as_it_is(tmp_path):
    small = Image.fromarray(skimage.data.astronaut()).resize((128, 128))
    small.save(tmp_path / "small.png")
    annotator = Annotator(FaceKeypoints(), tmp_path / "out")
    (tmp_path / "out").mkdir()
    record = annotator.annotate(tmp_path / "small.png", "small")
    drawn = np.asarray(Image.open(tmp_path / "out" / "small_keypoints.png"))
    (face,) = record["faces"]
    assert drawn.shape == (384, 384, 3) and record["width"] == 128
    plain = np.asarray(small).repeat(3, axis=0).repeat(3, axis=1)
    marked = np.argwhere((drawn != plain).any(axis=2))[:, ::-1] / 3
    assert face["number"] == 1 and (np.abs(marked.max(axis=0) - face["box"][2:]) < 3).all()


def a_clip(path, *pictures):
    """A video of these frames, ten in a second."""
    frames = [Frame(picture, number / 10) for number, picture in enumerate(pictures)]
    return write_video(path, frames, 10)


def grey_clip(path):
    """A video of three grey frames."""
    return a_clip(path, *[np.full((48, 64, 3), 90, np.uint8)] * 3)


def rows_in(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_json_of_a_video_has_its_size_as_that_of_a_picture_has(tmp_path):
    clip = grey_clip(tmp_path / "clip.mp4")
    annotator = Annotator(FaceKeypoints(), tmp_path / "out", json=True)
    record = annotator.annotate(clip, "clip_keypoints")
    assert (record["width"], record["height"], record["frames"]) == (64, 48, [[], [], []])
    assert json.loads((tmp_path / "out" / "clip_keypoints.json").read_text()) == record


def test_numbers_of_a_video_that_nobody_wants_are_not_kept(tmp_path):
    clip = grey_clip(tmp_path / "clip.mp4")
    record = Annotator(FaceKeypoints(), tmp_path / "out").annotate(clip, "clip_keypoints")
    assert record["frames"] == [] and not [*(tmp_path / "out").glob("*.json")]


def test_the_csv_of_a_video_says_the_same_as_its_json(tmp_path):
    """In OpenFace's columns: a row for each face in each frame, here in the first two."""
    face, wall = skimage.data.astronaut()[:300, 60:360], np.full((300, 300, 3), 90, np.uint8)
    two = np.concatenate([face, face[:, ::-1]], axis=1)
    clip = a_clip(tmp_path / "clip.mp4", two, two, np.concatenate([wall, wall], axis=1))
    annotator = Annotator(FaceKeypoints(), tmp_path / "out", csv=True)
    record = annotator.annotate(clip, "clip")
    expected = [
        (number, time, face)
        for number, (time, faces) in enumerate(
            zip(record["times"], record["frames"], strict=True), 1
        )
        for face in faces
    ]
    rows = rows_in(tmp_path / "out" / "clip.csv")
    assert [int(row["frame"]) for row in rows] == [1, 1, 2, 2]
    for row, (number, time, face) in zip(rows, expected, strict=True):
        assert list(row)[:6] == ["frame", "face_id", "timestamp", "confidence", "success", "x_0"]
        assert list(row)[72:74] == ["x_67", "y_0"] and list(row)[-1] == "y_67"
        first = [float(row[column]) for column in list(row)[:5]]
        assert first == [number, face["number"], time, face["confidence"], 1]
        points = [[float(row[f"{axis}_{index}"]) for axis in "xy"] for index in range(68)]
        assert points == face["keypoints"]


def test_the_csv_of_a_video_without_a_face_has_its_columns(tmp_path):
    annotator = Annotator(FaceKeypoints(points=15), tmp_path / "out", csv=True)
    annotator.annotate(grey_clip(tmp_path / "clip.mp4"), "clip")
    (header,) = (tmp_path / "out" / "clip.csv").read_text().splitlines()
    assert header.startswith("frame,face_id,timestamp,confidence,success,x_0,")
    assert header.endswith(",x_14,y_0,y_1,y_2,y_3,y_4,y_5,y_6,y_7,y_8,y_9,y_10,y_11,y_12,y_13,y_14")


def test_ctrl_c_keeps_the_frames_and_their_numbers_until_then(tmp_path, monkeypatch):
    clip = a_clip(tmp_path / "clip.mp4", *[skimage.data.astronaut()[:300, 60:360]] * 3)
    annotator = Annotator(FaceKeypoints(), tmp_path / "out", json=True, csv=True)
    drawn = []

    def interrupted(*arguments):
        drawn.append(arguments)
        if len(drawn) > 2:
            raise KeyboardInterrupt
        return draw_faces(*arguments)

    monkeypatch.setattr("kaggle_fkd.photo.annotator.draw_faces", interrupted)
    with pytest.raises(KeyboardInterrupt):
        annotator.annotate(clip, "clip")
    assert open_video(tmp_path / "out" / "clip_keypoints.mp4").length == 2
    record = json.loads((tmp_path / "out" / "clip.json").read_text())
    assert record["input"] == str(clip) and len(record["frames"]) == 2
    assert [row["frame"] for row in rows_in(tmp_path / "out" / "clip.csv")] == ["1", "2"]


def test_points_of_an_earlier_call_that_found_more_faces_are_removed(tmp_path):
    picture = skimage.data.astronaut()
    annotator = Annotator(FaceKeypoints(), tmp_path / "out", pts=True)
    (tmp_path / "out").mkdir()
    for shown in (np.hstack([picture, picture]), picture):
        Image.fromarray(shown).save(tmp_path / "a.png")
        annotator.annotate(tmp_path / "a.png", "a")
        points = sorted(path.name for path in (tmp_path / "out").glob("*.pts"))
        assert points == [f"a_{number}.pts" for number in range(1, shown.shape[1] // 512 + 1)]
