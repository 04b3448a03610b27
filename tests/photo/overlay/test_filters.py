"""Filters on faces: where they sit, how they turn, how they blend; a user's own artwork."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from support.posed_faces import blank, face_of, posed_face

from kaggle_fkd.errors import PictureError, UsageError
from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.photo.overlay.filters import (
    Filter,
    apply_filter,
    get_filter,
    load_filter,
)
from kaggle_fkd.stages.request import FILTERS

SCHEMES = pytest.mark.parametrize("scheme", [IBUG68, KAGGLE15], ids=lambda scheme: scheme.name)
NAMES = pytest.mark.parametrize("name", FILTERS)
LIT = 230
"""Bright enough for artwork to keep its own colours."""
RED = (255, 0, 0, 255)


def worn(picture, *faces, name="sunglasses"):
    """H x W, where the filter changed the picture by more than its soft shadow does."""
    after = apply_filter(picture, faces, get_filter(name)).astype(int)
    return np.abs(after - picture).max(axis=2) > 110


def middle_and_width(mask):
    rows, columns = np.nonzero(mask)
    return np.array([columns.mean(), rows.mean()]), columns.std()


def art_with_dots(places):
    """Transparent artwork, 200 x 300, with a red square around each of the (x, y)."""
    art = np.zeros((200, 300, 4), np.uint8)
    for x, y in places:
        art[y - 4 : y + 5, x - 4 : x + 5] = RED
    return art


@SCHEMES
@NAMES
def test_every_filter_covers_its_part_of_the_face_alone(name, scheme):
    picture = blank(value=LIT)
    face = posed_face(picture, size=70, scheme=scheme)
    mask = worn(picture, face, name=name)
    low, high = face.box[:2] - 70 * np.array([1, 2.2]), face.box[2:] + 70
    rows, columns = np.nonzero(mask)
    assert mask.sum() > 300
    assert low[0] < columns.min() and columns.max() < high[0]
    assert low[1] < rows.min() and rows.max() < high[1]
    assert columns.mean() == pytest.approx(200, abs=4)
    assert (picture == LIT).all()


def test_each_filter_sits_where_it_is_worn():
    picture = blank(value=LIT)
    face = posed_face(picture, size=70)
    height = {name: middle_and_width(worn(picture, face, name=name))[0][1] for name in FILTERS}
    brows, eyes, nose, mouth = (
        face.region(r)[:, 1].mean() for r in ("brows", "eyes", "nose", "mouth")
    )
    assert height["hat"] < brows < height["sunglasses"] + 10
    assert height["sunglasses"] == pytest.approx(eyes, abs=10)
    assert nose < height["moustache"] < mouth


@NAMES
def test_a_filter_grows_and_tilts_with_the_face(name):
    picture = blank(600, 600, LIT)
    small = worn(picture, posed_face(picture, (299.5, 299.5), 50), name=name)
    large = worn(picture, posed_face(picture, (299.5, 299.5), 100), name=name)
    assert middle_and_width(large)[1] == pytest.approx(2 * middle_and_width(small)[1], rel=0.05)
    tilted = worn(picture, posed_face(picture, (299.5, 299.5), 100, roll=90), name=name)
    assert (np.rot90(large, -1) != tilted).sum() < 0.05 * large.sum()


def test_the_far_lens_of_a_turned_face_is_narrower():
    picture = blank(value=LIT)
    face = posed_face(picture, yaw=35)
    columns = np.nonzero(worn(picture, face))[1]
    bridge = face.region("nose")[0, 0]
    assert columns.max() - bridge < 0.75 * (bridge - columns.min())


def test_a_hat_is_as_wide_on_a_turned_head():
    picture = blank(600, 600, LIT)
    frontal, turned = (
        middle_and_width(worn(picture, posed_face(picture, (300, 350), 60, yaw=yaw), name="hat"))[1]
        for yaw in (0, 35)
    )
    assert turned == pytest.approx(frontal, rel=0.1)


def test_every_face_wears_the_filter():
    picture = blank(value=LIT)
    left, right = posed_face(picture, (100, 100), 40), posed_face(picture, (300, 180), 40)
    both = worn(picture, left, right)
    assert (both == worn(picture, left) | worn(picture, right)).all()
    assert both[:, :200].any() and both[:, 200:].any()


@given(x=st.floats(-3000, 3000), y=st.floats(-3000, 3000), size=st.floats(1, 2000))
def test_a_face_may_stick_out_or_lie_outside(x, y, size):
    picture = blank(40, 50)
    keypoints = posed_face(picture, (0, 0), 1).keypoints * size + [x, y]
    result = apply_filter(picture, [face_of(keypoints, picture)], get_filter("sunglasses"))
    assert result.shape == picture.shape and result.dtype == np.uint8


def test_what_lies_in_the_picture_is_the_same_when_the_rest_is_cut_off():
    whole = blank(300, 400, LIT)
    face = posed_face(whole, (100, 130))
    # The same centre and width, so the same camera, but fewer rows.
    cut = whole[100:200]
    shifted = face_of(face.keypoints - [0, 100], cut)
    assert (worn(whole, face)[100:200] == worn(cut, shifted)).all()


def test_artwork_is_dimmed_on_a_dark_picture():
    bright, dark = (
        apply_filter(picture, [posed_face(picture)], get_filter("hat"))[40:60, 190:210].mean()
        for picture in (blank(value=LIT), blank(value=40))
    )
    assert dark < 0.6 * bright


def test_half_transparent_artwork_is_half_seen():
    art = np.full((100, 100, 4), (200, 100, 0, 128), np.uint8)
    picture = blank(value=LIT)
    face = posed_face(picture)
    square = Filter(art, {IBUG68.name: {36: (10.0, 50.0), 45: (90.0, 50.0)}})
    x, y = face.region("eyes").mean(axis=0).round().astype(int)
    expected = LIT + 128 / 255 * (np.array([200, 100, 0]) - LIT)
    assert apply_filter(picture, [face], square)[y, x] == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("roll", [0, 30])
@pytest.mark.parametrize("keys", [("36", "45"), ("right_eye_0", "left_eye_3")])
def test_a_users_artwork_meets_the_keypoints(keys, roll, tmp_path: Path):
    places = [(40, 60), (260, 60)]
    Image.fromarray(art_with_dots(places)).save(tmp_path / "own.png")
    anchors = {"anchors": {"ibug68": dict(zip(keys, places, strict=True))}}
    (tmp_path / "own.json").write_text(json.dumps(anchors))
    picture = blank(value=LIT)
    face = posed_face(picture, roll=roll, size=110)
    after = apply_filter(picture, [face], load_filter(tmp_path / "own.png"))
    rows, columns = np.nonzero(after[:, :, 1] < 100)
    near_right = columns < columns.mean()
    for corner, chosen in ((36, near_right), (45, ~near_right)):
        found = [columns[chosen].mean(), rows[chosen].mean()]
        assert found == pytest.approx(face.keypoints[corner].tolist(), abs=0.6)


@pytest.mark.parametrize(
    ("anchors", "says"),
    [
        ("not json", "does not describe"),
        ('{"anchors": {"ibug68": {"36": [1, 2], "45": [30, 2]}}, "depth": NaN}', "within 10"),
        ('{"anchors": {"ibug68": {"36": [1, 2], "45": [30, 2]}}, "round": "false"}', "round true"),
        ("[1, 2]", "does not describe"),
        ("{}", "anchors"),
        ('{"anchors": {}}', "no anchors"),
        ('{"anchors": {"dlib5": {"1": [2, 3]}}}', "dlib5"),
        ('{"anchors": {"ibug68": {"68": [2, 3], "1": [4, 5]}}}', "68"),
        ('{"anchors": {"ibug68": {"36": [2, 3]}}}', "two"),
        ('{"anchors": {"ibug68": {"36": [2, 3], "45": [2, 3]}}}', "two"),
        ('{"anchors": {"ibug68": {"36": [2, 3], "45": [2]}}}', "does not describe"),
        ('{"anchors": {"ibug68": {"36": [2, 3], "45": [NaN, 4]}}}', "two"),
        ('{"anchors": {"ibug68": {"36": [2, 3], "45": [9, 3]}}, "bend": "x"}', "does not describe"),
    ],
)
def test_anchors_that_make_no_sense_are_refused(anchors, says, tmp_path: Path):
    Image.fromarray(art_with_dots([])).save(tmp_path / "own.png")
    (tmp_path / "own.json").write_text(anchors)
    with pytest.raises(PictureError, match=says) as refusal:
        load_filter(tmp_path / "own.png")
    assert "own.json" in refusal.value.problem


def test_artwork_without_anchors_or_of_another_kind_is_refused(tmp_path: Path):
    Image.fromarray(art_with_dots([])).save(tmp_path / "own.png")
    with pytest.raises(PictureError, match=r"own\.json"):
        load_filter(tmp_path / "own.png")
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(PictureError, match="not a PNG"):
        load_filter(tmp_path / "text.png")
    with pytest.raises(PictureError, match=r"gone\.png"):
        load_filter(tmp_path / "gone.png")


def test_unknown_filters_and_schemes_are_refused():
    with pytest.raises(UsageError, match="sunglasses"):
        get_filter("wig")
    picture = blank()
    only68 = Filter(art_with_dots([]), {IBUG68.name: {36: (0.0, 0.0), 45: (9.0, 0.0)}})
    with pytest.raises(UsageError, match="ibug68"):
        apply_filter(picture, [posed_face(picture, scheme=KAGGLE15)], only68)
