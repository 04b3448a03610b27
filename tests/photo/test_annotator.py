"""What is said of annotated pictures and videos."""

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


def grey_clip(path):
    """A video of three grey frames."""
    picture = np.full((48, 64, 3), 90, np.uint8)
    return write_video(path, [Frame(picture, number / 10) for number in range(3)], 10)


def test_the_json_of_a_video_has_its_size_as_that_of_a_picture_has(tmp_path):
    clip = grey_clip(tmp_path / "clip.mp4")
    annotator = Annotator(FaceKeypoints(), tmp_path / "out", json=True)
    record = annotator.annotate(clip, "clip_keypoints")
    assert (record["width"], record["height"], record["frames"]) == (64, 48, [[], [], []])
    assert json.loads((tmp_path / "out" / "clip_keypoints.json").read_text()) == record


def test_ctrl_c_keeps_the_frames_and_the_json_until_then(tmp_path, monkeypatch):
    clip = grey_clip(tmp_path / "clip.mp4")
    annotator = Annotator(FaceKeypoints(), tmp_path / "out", json=True)
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
