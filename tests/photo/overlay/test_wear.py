"""Filters on faces: where they sit, how they turn, how they blend; a user's own artwork."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from support.annotated_pictures import FIVE
from support.posed_faces import blank, face_of, posed_face

from kaggle_fkd.errors import UsageError
from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.photo.overlay.builtin import filter_names
from kaggle_fkd.photo.overlay.filter import Filter, get_filter, load_filter
from kaggle_fkd.photo.overlay.wear import apply_filter

SCHEMES = pytest.mark.parametrize("scheme", [IBUG68, KAGGLE15], ids=lambda scheme: scheme.name)
NAMES = pytest.mark.parametrize("name", filter_names())
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
    height = {
        name: middle_and_width(worn(picture, face, name=name))[0][1] for name in filter_names()
    }
    brows, eyes, nose, mouth = (
        face.region(r)[:, 1].mean() for r in ("brows", "eyes", "nose", "mouth")
    )
    assert height["hat"] < brows < height["sunglasses"] + 10
    assert height["sunglasses"] == pytest.approx(eyes, abs=10)
    assert nose < height["moustache"] < mouth


def test_sunglasses_reach_from_temple_to_temple():
    picture = blank(value=LIT)
    face = posed_face(picture)
    columns = np.nonzero(worn(picture, face, name="sunglasses"))[1]
    right, left = face.keypoints[[0, 16], 0]  # where the jaw begins, before the ears
    assert columns.min() < right and left < columns.max()
    assert np.ptp(columns) < 1.4 * (left - right)


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
def test_a_face_may_be_partly_or_completely_outside_the_picture(x, y, size):
    picture = blank(40, 50)
    keypoints = posed_face(picture, (0, 0), 1).keypoints * size + [x, y]
    result = apply_filter(picture, [face_of(keypoints, picture)], get_filter("sunglasses"))
    assert result.shape == picture.shape and result.dtype == np.uint8


def test_the_visible_part_is_the_same_when_the_rest_is_cut_off():
    complete = blank(300, 400, LIT)
    face = posed_face(complete, (100, 130))
    # The same centre and width, so the same camera, but fewer rows.
    cut = complete[100:200]
    shifted = face_of(face.keypoints - [0, 100], cut)
    assert (worn(complete, face)[100:200] == worn(cut, shifted)).all()


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
    square = Filter(art, {IBUG68.name: {"36": (10.0, 50.0), "45": (90.0, 50.0)}})
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


def test_a_filter_is_rejected_for_a_scheme_without_anchors():
    picture = blank()
    only68 = Filter(art_with_dots([]), {IBUG68.name: {"36": (0.0, 0.0), "45": (9.0, 0.0)}})
    with pytest.raises(UsageError, match=r"no anchors for kaggle15 -> .* ibug68"):
        apply_filter(picture, [posed_face(picture, scheme=KAGGLE15)], only68)


@pytest.mark.parametrize("keys", [("right_eye", "left_eye"), ("1", "0")])
def test_a_filter_for_a_users_own_scheme_meets_its_keypoints(keys):
    places = [(40, 60), (260, 60)]
    own = Filter(art_with_dots(places), {FIVE.name: dict(zip(keys, places, strict=True))})
    picture = blank(value=LIT)
    face = posed_face(picture, size=110, scheme=FIVE)
    rows, columns = np.nonzero(apply_filter(picture, [face], own)[:, :, 1] < 100)
    right = columns < columns.mean()
    for index, chosen in ((1, right), (0, ~right)):
        found = [columns[chosen].mean(), rows[chosen].mean()]
        assert found == pytest.approx(face.keypoints[index].tolist(), abs=0.6)


@pytest.mark.parametrize(
    ("keys", "says"), [(("nose", "chin"), "five has no keypoint 'chin'"), (("2", "nose"), "two")]
)
def test_anchors_that_do_not_fit_the_scheme_of_the_face_are_rejected(keys, says):
    own = Filter(art_with_dots([]), {FIVE.name: dict(zip(keys, [(4, 6), (26, 6)], strict=True))})
    picture = blank()
    with pytest.raises(UsageError, match=says):
        apply_filter(picture, [posed_face(picture, scheme=FIVE)], own)
