"""Filters as files: those of the package, and a user's own, good and bad."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kaggle_fkd.errors import PictureError, UsageError
from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.photo.overlay.builtin import FOLDER, filter_names
from kaggle_fkd.photo.overlay.filter import get_filter, load_filter
from tools.draw_filters import DESIGNS, draw_filter


def blank_art():
    return np.zeros((200, 300, 4), np.uint8)


def test_the_packages_filters_are_the_files_of_a_folder():
    assert filter_names() == ("hat", "mask", "moustache", "sunglasses")
    files = {path.name for path in FOLDER.iterdir()}
    assert files == {f"{name}.{kind}" for name in filter_names() for kind in ("png", "json")}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 500_000


@pytest.mark.slow
def test_the_names_of_the_filters_are_listed_without_heavy_imports():
    listed = subprocess.run(
        [sys.executable, "-c", "import sys; from kaggle_fkd.photo.overlay.builtin import "
         "filter_names; print(*filter_names(), *(sys.modules.keys() & {'numpy', 'cv2', 'PIL'}))"],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert tuple(listed.stdout.split()) == filter_names()


@pytest.mark.parametrize("name", filter_names())
def test_a_filter_of_the_package_is_read_as_a_users_own(name):
    read, own = get_filter(name), load_filter(FOLDER / f"{name}.png")
    assert get_filter(name) is read and not read.art.flags.writeable
    assert (read.art == own.art).all() and read.anchors == own.anchors
    for scheme in (IBUG68, KAGGLE15):
        assert len(read.anchors_for(scheme)) >= 4


@pytest.mark.parametrize("name", filter_names())
def test_a_filter_of_the_package_is_what_the_tool_draws(name, tmp_path):
    """Another version of OpenCV may round an edge to another grey level."""
    assert set(DESIGNS) == set(filter_names())
    draw_filter(name, tmp_path)
    drawn, stored = load_filter(tmp_path / f"{name}.png"), get_filter(name)
    assert drawn.art.shape == stored.art.shape
    assert np.abs(drawn.art.astype(int) - stored.art).mean() < 0.5
    assert (tmp_path / f"{name}.json").read_text() == (FOLDER / f"{name}.json").read_text()


def test_anchors_are_given_by_name_or_by_number(tmp_path: Path):
    Image.fromarray(blank_art()).save(tmp_path / "own.png")
    anchors = {"ibug68": {"right_eye_0": [1, 2], "45": [3, 4]}, "mine": {"a": [5, 6], "b": [7, 8]}}
    (tmp_path / "own.json").write_text(json.dumps({"anchors": anchors, "round": True}))
    own = load_filter(tmp_path / "own.png")
    assert own.anchors_for(IBUG68) == {36: (1, 2), 45: (3, 4)}
    assert own.anchors["mine"] == {"a": (5, 6), "b": (7, 8)}
    assert (own.depth, own.bend, own.surrounds_head) == (None, 0, True)
    anchors = {"ibug68": {"nose_tip": [1, 2], "45": [3, 4]}}  # as all schemes understand it
    (tmp_path / "own.json").write_text(json.dumps({"anchors": anchors}))
    assert load_filter(tmp_path / "own.png").anchors_for(IBUG68)[IBUG68.nose_tip] == (1, 2)


def test_an_unknown_filter_is_rejected_with_the_names_of_the_others():
    with pytest.raises(UsageError, match="sunglasses"):
        get_filter("wig")


@pytest.mark.parametrize(
    ("anchors", "says"),
    [
        ("not json", "does not describe"),
        ('{"anchors": {"ibug68": {"36": [1, 2], "45": [30, 2]}}, "depth": NaN}', "within 10"),
        (
            '{"anchors": {"ibug68": {"36": [1, 2], "45": [30, 2]}}, "round": "false"}',
            "round must be true or false",
        ),
        ("[1, 2]", "does not describe"),
        ("{}", "anchors"),
        ('{"anchors": {}}', "no anchors"),
        ('{"anchors": {"dlib5": {"1": [2, 3]}}}', "dlib5 needs anchors at two"),
        ('{"anchors": {"ibug68": {"right_eye_6": [2, 3], "1": [4, 5]}}}', "right_eye_6"),
        ('{"anchors": {"ibug68": {"36": [2, 3], "right_eye_0": [4, 5]}}}', "two"),
        (
            '{"anchors": {"kaggle15": {"nose": [2, 3], "1": [4, 5]}}}',
            "kaggle15 has no keypoint 'nose'",
        ),
        (f'{{"anchors": {{"ibug68": {{"36": [1{"0" * 400}, 2], "45": [3, 2]}}}}}}', "too large"),
        (
            f'{{"anchors": {{"ibug68": {{"36": [1, 2], "45": [3, 2]}}}}, "bend": 1{"0" * 400}}}',
            "too large",
        ),
        ('{"anchors": {"ibug68": {"68": [2, 3], "1": [4, 5]}}}', "68"),
        ('{"anchors": {"ibug68": {"36": [2, 3], "45": [4, 5]}}, "bendd": 1}', "no member 'bendd'"),
        ('{"anchors": {"ibug68": {"36": [2, 3]}}}', "two"),
        ('{"anchors": {"ibug68": {"36": [2, 3], "45": [2, 3]}}}', "two"),
        ('{"anchors": {"ibug68": {"36": [2, 3], "45": [2]}}}', "does not describe"),
        ('{"anchors": {"ibug68": {"36": [2, 3], "45": [NaN, 4]}}}', "two"),
        ('{"anchors": {"ibug68": {"36": [2, 3], "45": [9, 3]}}, "bend": "x"}', "does not describe"),
    ],
)
def test_invalid_anchors_are_rejected(anchors, says, tmp_path: Path):
    Image.fromarray(blank_art()).save(tmp_path / "own.png")
    (tmp_path / "own.json").write_text(anchors)
    with pytest.raises(PictureError, match=says) as error:
        load_filter(tmp_path / "own.png")
    assert "own.json" in error.value.problem


def test_artwork_without_anchors_or_of_another_kind_is_rejected(tmp_path: Path):
    Image.fromarray(blank_art()).save(tmp_path / "own.png")
    with pytest.raises(PictureError, match=r"own\.json"):
        load_filter(tmp_path / "own.png")
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(PictureError, match="not a PNG"):
        load_filter(tmp_path / "text.png")
    with pytest.raises(PictureError, match=r"gone\.png"):
        load_filter(tmp_path / "gone.png")


def test_artwork_of_too_many_pixels_is_rejected_before_it_is_decoded(tmp_path: Path):
    Image.new("1", (4001, 4000)).save(tmp_path / "own.png")
    with pytest.raises(PictureError, match=r"own\.png: it has more than 16 million pixels"):
        load_filter(tmp_path / "own.png")


def test_artwork_with_too_long_a_side_is_rejected(tmp_path: Path):
    Image.new("1", (32_001, 10)).save(tmp_path / "own.png")
    with pytest.raises(PictureError, match="more than 32000 pixels in a row"):
        load_filter(tmp_path / "own.png")


def test_a_pipe_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "own.png")
    with pytest.raises(PictureError, match=r"own\.png: not a regular file"):
        load_filter(tmp_path / "own.png")
