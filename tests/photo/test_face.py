"""What a face tells of itself: keypoints by name, regions, pose, eyes, its chip, JSON."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.own_schemes import THREE, TWO, UNKNOWN
from support.posed_faces import blank, face_of, posed_face

from kaggle_fkd.errors import UsageError
from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.photo.head_model import head_points

SCHEMES = pytest.mark.parametrize("scheme", [IBUG68, KAGGLE15], ids=lambda scheme: scheme.name)


@SCHEMES
@given(
    pitch=st.floats(-35, 35), yaw=st.floats(-50, 50), roll=st.floats(-180, 180),
    x=st.floats(50, 350), y=st.floats(50, 250), size=st.floats(10, 150),
)  # fmt: skip
def test_the_pose_is_found_from_the_keypoints(scheme, pitch, yaw, roll, x, y, size):
    face = posed_face(blank(), (x, y), size, pitch, yaw, roll, scheme)
    found = face.pose()
    assert found.pitch == pytest.approx(pitch, abs=0.5)
    assert found.yaw == pytest.approx(yaw, abs=0.5)
    assert abs((found.roll - roll + 180) % 360 - 180) < 0.5


def test_signs_of_the_pose_are_those_of_the_picture():
    frontal = posed_face(blank()).region("nose")[3]
    assert posed_face(blank(), pitch=20).region("nose")[3, 1] < frontal[1]
    assert posed_face(blank(), yaw=20).region("nose")[3, 0] > frontal[0]
    clockwise = posed_face(blank(), roll=20).region("eyes")
    assert clockwise[6:, 1].mean() > clockwise[:6, 1].mean()


def test_keypoints_are_uncertain_from_a_twentieth_of_the_size_of_the_face_on():
    face = posed_face(blank())
    limit = face.size / 20
    unsure = replace(face, errors=np.where(np.arange(68) < 17, 1.1 * limit, 0.9 * limit))
    assert np.flatnonzero(unsure.uncertain).tolist() == list(range(17))


def test_a_mirrored_face_looks_the_other_way():
    face = posed_face(blank(), yaw=25, roll=10, pitch=-5)
    mirrored = face.keypoints[list(IBUG68.flip_order)] * [-1, 1] + [399, 0]
    pose = face_of(mirrored, blank()).pose()
    assert pose == pytest.approx((-5, -25, -10), abs=0.5)


def test_the_generic_head_is_symmetric():
    for scheme in (IBUG68, KAGGLE15):
        points = head_points(scheme)
        assert np.allclose(points[list(scheme.flip_order)] * [-1, 1, 1], points)


def test_an_open_eye_has_a_larger_ratio_than_a_closed_one():
    face = posed_face(blank())
    keypoints = face.keypoints.copy()
    right = keypoints[36:42]
    right[:, 1] = right[0, 1]
    ratio = face_of(keypoints, blank()).eye_aspect_ratio()
    assert ratio.right == pytest.approx(0, abs=0.01)
    assert 0.2 < ratio.left < 0.4


def test_the_eye_aspect_ratio_is_height_over_width():
    keypoints = posed_face(blank()).keypoints.copy()
    keypoints[42:48] = [[0, 0], [10, -3], [20, -3], [30, 0], [20, 3], [10, 3]]
    assert face_of(keypoints, blank()).eye_aspect_ratio().left == pytest.approx(6 / 30)


@given(pitch=st.floats(-20, 20), yaw=st.floats(-30, 30), roll=st.floats(-90, 90))
def test_three_keypoints_are_enough_for_a_pose(pitch, yaw, roll):
    pose = posed_face(blank(), pitch=pitch, yaw=yaw, roll=roll, scheme=THREE).pose()
    assert pose == pytest.approx((pitch, yaw, roll), abs=0.5)


def test_a_scheme_with_too_few_keypoints_has_no_pose_but_json():
    face = posed_face(blank(), scheme=TWO)
    with pytest.raises(UsageError, match="3 keypoints or more"):
        face.pose()
    assert "pose" not in face.as_dict() and face.chip(40).shape == (40, 40, 3)


def test_the_generic_head_is_not_known_in_a_scheme_of_unknown_keypoints():
    with pytest.raises(UsageError, match="which of iBUG's points"):
        head_points(UNKNOWN)


def test_fifteen_points_have_no_eyelids():
    with pytest.raises(UsageError, match="eyelids"):
        posed_face(blank(), scheme=KAGGLE15).eye_aspect_ratio()


def test_regions_are_those_of_the_scheme():
    face = posed_face(blank())
    assert (face.region("jaw") == face.keypoints[:17]).all()
    with pytest.raises(UsageError, match="choose one of"):
        face.region("ear")


@pytest.mark.parametrize(
    ("scheme", "region", "indices"),
    [
        (IBUG68, "left_eye", range(42, 48)),
        (IBUG68, "right_brow", range(17, 22)),
        (IBUG68, "nose_bridge", range(27, 31)),
        (IBUG68, "outer_lip", range(48, 60)),
        (KAGGLE15, "left_eye", [0, 2, 3]),
        (KAGGLE15, "right_eyebrow", [8, 9]),
        (KAGGLE15, "nose", [10]),
    ],
)
def test_a_region_is_also_what_the_names_of_keypoints_begin_with(scheme, region, indices):
    face = posed_face(blank(), scheme=scheme)
    np.testing.assert_array_equal(face.region(region), face.keypoints[list(indices)])


def test_a_keypoint_is_given_by_its_name_or_its_index():
    face, few = posed_face(blank()), posed_face(blank(), scheme=KAGGLE15)
    np.testing.assert_array_equal(few["mouth_left_corner"], few.keypoints[11])
    np.testing.assert_array_equal(face["left_eye_0"], face.keypoints[42])
    np.testing.assert_array_equal(face[42], face.keypoints[42])
    for each in (face, few, posed_face(blank(), scheme=THREE)):
        np.testing.assert_array_equal(each["nose_tip"], each.keypoints[each.scheme.nose_tip])
    with pytest.raises(IndexError):
        face[68]


@pytest.mark.parametrize(
    ("ask", "meant"),
    [
        (lambda face: face["left_eye_centre"], "left_eye_center"),
        (lambda face: face["noes_tip"], "nose_tip"),
        (lambda face: face.region("left_brow"), "left_eyebrow"),
    ],
)
def test_an_unknown_name_is_rejected_with_the_closest_ones(ask, meant):
    with pytest.raises(UsageError, match=f"did you mean .*{meant}"):
        ask(posed_face(blank(), scheme=KAGGLE15))


def test_a_face_is_one_short_line():
    line = repr(posed_face(blank()))
    assert len(line) < 100 and "\n" not in line
    assert line.startswith("DetectedFace(68 keypoints of ibug68, confidence 0.90, box (")


@SCHEMES
@pytest.mark.parametrize("roll", [0, 30, -75])
def test_a_chip_is_upright_whatever_the_tilt(scheme, roll):
    picture = blank()
    face = posed_face(picture, roll=roll, scheme=scheme)
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    right, left, mouth = _landmarks(face)
    for point, colour in zip((right, left, mouth), colours, strict=True):
        cv2.circle(picture, tuple(int(value) for value in point.round()), 6, colour, cv2.FILLED)
    chip = face.chip(96)
    assert chip.shape == (96, 96, 3)
    places = [np.argwhere((np.abs(chip.astype(int) - colour) < 60).all(axis=2)).mean(axis=0)
              for colour in colours]  # fmt: skip
    assert places[0][0] == pytest.approx(places[1][0], abs=1.5)
    assert places[0][1] < places[2][1] < places[1][1]
    assert places[2][0] > places[0][0] + 20


def _landmarks(face):
    """The subject's right and left eye, and the mouth."""
    if face.scheme == IBUG68:
        eyes = face.region("eyes").reshape(2, 6, 2).mean(axis=1)
    else:
        eyes = face.region("eyes")[[1, 0]]
    return eyes[0], eyes[1], face.region("mouth").mean(axis=0)


@SCHEMES
def test_a_face_is_json_serialisable(scheme):
    face = posed_face(blank(), yaw=20.0, scheme=scheme)
    values = json.loads(json.dumps(face.as_dict(), allow_nan=False))
    assert np.allclose(values["keypoints"], face.keypoints, atol=0.006)
    assert np.allclose(values["box"], face.box, atol=0.006)
    assert values["pose"]["yaw"] == pytest.approx(20, abs=0.3)
    assert values["confidence"] == 0.9
    assert values["errors"] == [1.0] * len(scheme.names)
    assert values["scheme"] == scheme.name and values["names"] == list(scheme.names)
    assert ("eye_aspect_ratio" in values) == (scheme == IBUG68)


def test_a_crop_of_the_picture_hardly_changes_the_pose():
    picture = blank(600, 800)
    face = posed_face(picture, centre=(600, 150), size=90, yaw=15, pitch=-10, roll=5)
    corner = np.array([500, 60])
    crop = np.ascontiguousarray(picture[60:300, 500:760])
    cropped = face_of(face.keypoints - corner, crop)
    np.testing.assert_allclose(cropped.pose(), face.pose(), atol=6)


def test_a_chip_without_pixels_is_rejected():
    with pytest.raises(UsageError, match="size=0 is not"):
        posed_face(blank()).chip(0)
