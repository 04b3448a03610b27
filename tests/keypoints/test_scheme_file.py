"""Keypoint schemes as data: stored as JSON with a run, and read from your own TOML file."""

import json
import re

import numpy as np
import pytest
from support.five_keypoints import FIVE_TOML, write_five_toml
from support.made_up_faces import a_face_of_68, make_faces

from kaggle_fkd.errors import UsageError
from kaggle_fkd.keypoints import IBUG68, KAGGLE15, Contour, KeypointScheme, read_scheme


@pytest.fixture
def five(tmp_path):
    return read_scheme(write_five_toml(tmp_path))


@pytest.mark.parametrize("which", ["kaggle15", "ibug68", "own"])
def test_a_scheme_survives_json(which, five):
    scheme = {"kaggle15": KAGGLE15, "ibug68": IBUG68, "own": five}[which]
    again = KeypointScheme.from_dict(json.loads(json.dumps(scheme.as_dict())))
    assert again == scheme
    assert again.flip_order == scheme.flip_order
    assert again.feature_names == scheme.feature_names
    assert again.group_by_keypoint == scheme.group_by_keypoint
    points = a_face_of_68()
    np.testing.assert_array_equal(again.from_ibug68(points), scheme.from_ibug68(points))


def test_schemes_are_the_same_when_they_hold_the_same(five):
    assert KAGGLE15 != IBUG68 and five not in (KAGGLE15, IBUG68)
    renamed = {**five.as_dict(), "name": "another"}
    assert KeypointScheme.from_dict(renamed) != five


@pytest.mark.parametrize("change", [{"depth": 3}, {"groups": None}, {"conventions": [{"x": 1}]}])
def test_what_is_not_a_stored_scheme_is_rejected(change):
    with pytest.raises((TypeError, KeyError, AttributeError)):
        KeypointScheme.from_dict({**KAGGLE15.as_dict(), **change})


def test_a_file_says_all_that_a_scheme_needs(five):
    assert five.name == "five"
    assert five.names == ("left_eye", "right_eye", "nose_tip", "mouth_left", "mouth_right")
    assert set(five.flip_pairs) == {(0, 1), (3, 4)}  # the names tell
    assert five.groups == {"eyes": (0, 1), "nose": (2,), "mouth": (3, 4)}
    assert five.nose_tip == 2 and five.eye_corners == (1, 0)
    assert five.contours == (Contour((4, 3), closed=True),)
    (convention,) = five.conventions
    assert convention.keypoints == five.agreed == (0, 1, 2, 3, 4)


def test_the_keypoints_of_a_file_follow_from_ibugs(five):
    points = a_face_of_68()
    expected = [points[[42, 45]].mean(axis=0), points[[36, 39]].mean(axis=0), points[30],
                points[54], points[48]]  # fmt: skip
    np.testing.assert_allclose(five.from_ibug68(points), expected)


def test_faces_of_your_own_scheme_are_mirrored(five):
    faces = make_faces(3, scheme=five)
    flipped = faces.flipped()
    x, y = faces.keypoints[0, five.index("mouth_left")]
    assert flipped.keypoints[0, five.index("mouth_right")] == pytest.approx((95 - x, y))
    np.testing.assert_allclose(flipped.flipped().keypoints, faces.keypoints, atol=1e-4)


def test_the_eye_corners_of_a_file_are_in_either_order(five, tmp_path):
    path = tmp_path / "own.toml"
    swapped = FIVE_TOML.replace('["right_eye", "left_eye"]', '["left_eye", "right_eye"]')
    assert swapped != FIVE_TOML
    path.write_text(swapped)
    assert read_scheme(path) == five


def test_flip_pairs_are_given_for_names_without_left_and_right(tmp_path):
    text = FIVE_TOML.replace("left_eye", "l_eye").replace("right_eye", "r_eye")
    path = tmp_path / "own.toml"
    path.write_text(text)
    assert read_scheme(path).flip_pairs == ((3, 4),)
    pairs = 'flip_pairs = [["l_eye", "r_eye"], ["mouth_left", "mouth_right"]]\n'
    path.write_text(pairs + text)
    assert read_scheme(path).flip_pairs == ((0, 1), (3, 4))


def line(beginning):
    """The line of FIVE_TOML that begins like that."""
    return re.search(rf"^{re.escape(beginning)}.*\n", FIVE_TOML, re.MULTILINE)[0]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (line("name ="), "", "name is missing"),
        (line("nose_tip ="), "", "nose_tip is missing"),
        (line("[groups]"), "[gruops]\n", "groups is missing, gruops is unknown"),
        (line("name ="), 'name = "five"\ncolour = "red"\n', "colour is unknown"),
        ('nose_tip = "nose_tip"', 'nose_tip = "nose"', "'nose' is not one of names"),
        ('["right_eye", "left_eye"]', '["right_eye", "left_ear"]', "'left_ear' is not one of"),
        ('["right_eye", "left_eye"]', '["right_eye"]', "should have 2 keypoints"),
        ('["right_eye", "left_eye"]', '["left_eye", "left_eye"]', "must be two keypoints"),
        ('nose = ["nose_tip"]', 'nose = ["tip"]', "'tip' is not one of names"),
        ('nose = ["nose_tip"]', "", "each keypoint must be in exactly one of the groups"),
        ('nose = ["nose_tip"]', 'nose = ["nose_tip", "left_eye"]', "exactly one of the groups"),
        ('nose = ["nose_tip"]', 'nose = ["nose_tip"]\nears = []', "must have a keypoint"),
        ("nose_tip = [30]", "", "ibug68 must give one point or more"),
        ("nose_tip = [30]", "nose_tip = []", "ibug68 must give one point or more"),
        ("nose_tip = [30]", "nose_tip = [68]", "from 0 to 67"),
        ("nose_tip = [30]", "nose_tip = [inf]", "from 0 to 67"),
        ("nose_tip = [30]", "nose_tip = [30]\nchin = [8]", "'chin' is not one of names"),
        ('"mouth_right"]\nnose_tip', '"mouth_right", "left_eye"]\nnose_tip', "be different"),
        ('keypoints = ["mouth_right"', 'keypoints = ["chin"', "'chin' is not one of names"),
        ("mouth_left", "left_lip", "'left_lip' has no counterpart on the right"),
        ("mouth_left", "lip", "'mouth_right' has no counterpart on the left"),
        (line("names ="), "names = []\n", "names must have at least one keypoint"),
        (
            line("name ="),
            'name = "five"\nflip_pairs = [["left_eye", "right_eye"], ["left_eye", "nose_tip"]]\n',
            "no keypoint may be in two of the flip_pairs",
        ),
        ("[groups]", "[groups", "at line"),
        ('name = "five"', "name = five", "at line"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path, old, new, fault):
    assert old in FIVE_TOML
    path = tmp_path / "own.toml"
    path.write_text(FIVE_TOML.replace(old, new))
    with pytest.raises(UsageError) as caught:
        read_scheme(path)
    assert f"{path}: not a keypoint scheme" in caught.value.problem
    assert fault in caught.value.problem


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(UsageError, match="cannot be read") as caught:
            read_scheme(path)
        assert str(path) in caught.value.problem
    path = tmp_path / "picture.toml"
    path.write_bytes(b"\x89PNG\r\n\xff\xfe")
    with pytest.raises(UsageError, match=r"picture\.toml: not a keypoint scheme"):
        read_scheme(path)
