"""Kaggle's 15 keypoints and their two conventions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from support.made_up_faces import a_face_of_68

from kaggle_fkd.keypoints import IBUG68, KAGGLE15

A, B = 0, 1


def test_kaggles_mirror_pairs_differ_by_one_word():
    for left, right in KAGGLE15.flip_pairs:
        assert KAGGLE15.names[left].replace("left", "right") == KAGGLE15.names[right]


def test_the_15_points_lie_where_kaggle_has_them_on_a_face():
    points = dict(zip(KAGGLE15.names, KAGGLE15.from_ibug68(a_face_of_68(), A), strict=True))
    assert points["left_eye_center"] == pytest.approx((24, -49 / 6))
    assert points["right_eye_center"] == pytest.approx((-24, -49 / 6))
    assert tuple(points["right_eye_inner_corner"]) == (-15, -7)
    eyes = points["left_eye_outer_corner"] - points["right_eye_outer_corner"]
    lowered = -20 + 2.4 / 50 * np.linalg.norm(eyes)  # Kaggle's lie lower than iBUG's
    assert tuple(points["left_eyebrow_outer_end"]) == pytest.approx((42, lowered))
    assert tuple(points["nose_tip"]) == (0, 18)
    assert tuple(points["mouth_left_corner"]) == (19, 44)
    assert tuple(points["mouth_center_bottom_lip"]) == (0, 54)


@given(st.floats(-180, 180), st.floats(0.1, 10))
def test_the_15_points_of_a_rotated_and_scaled_face_are_its_15_points_rotated_and_scaled(
    degrees, scale
):
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    linear = scale * np.array([[cos, -sin], [sin, cos]])
    np.testing.assert_allclose(
        KAGGLE15.from_ibug68(a_face_of_68() @ linear.T, A),
        KAGGLE15.from_ibug68(a_face_of_68(), A) @ linear.T,
        atol=1e-9,
    )


def test_what_follows_x_and_y_is_the_mean_of_the_points():
    errors = np.arange(68.0)[:, None]
    fifteen = KAGGLE15.from_ibug68(np.hstack([a_face_of_68(), errors]), A)
    assert fifteen[KAGGLE15.index("left_eyebrow_outer_end"), 2] == 26
    assert fifteen[KAGGLE15.index("left_eye_center"), 2] == np.mean(range(42, 48))


def test_convention_b_differs_in_the_nose_and_the_bottom_lip_alone():
    a, b = (KAGGLE15.from_ibug68(a_face_of_68(), convention) for convention in (A, B))
    differ = {KAGGLE15.names[k] for k in np.flatnonzero((a != b).any(axis=1))}
    assert differ == {"nose_tip", "mouth_center_bottom_lip"}
    assert tuple(b[KAGGLE15.index("nose_tip")]) == (0, 29)
    assert tuple(b[KAGGLE15.index("mouth_center_bottom_lip")]) == pytest.approx((0, 44.75))


@given(hnp.arrays(float, (3, 68, 2), elements=st.floats(-500, 500)), st.sampled_from([A, B]))
def test_the_15_points_of_a_mirrored_face_are_the_mirrored_15_points(points, convention):
    def mirrored(keypoints, scheme):
        return keypoints[..., list(scheme.flip_order), :] * (-1, 1)

    np.testing.assert_allclose(
        KAGGLE15.from_ibug68(mirrored(points, IBUG68), convention),
        mirrored(KAGGLE15.from_ibug68(points, convention), KAGGLE15),
        atol=1e-9,
    )


def test_only_the_eye_centres_are_the_same_place_in_both_conventions():
    assert {KAGGLE15.names[k] for k in KAGGLE15.agreed} == {"left_eye_center", "right_eye_center"}


def test_the_feature_names_are_kaggles_columns():
    assert KAGGLE15.feature_names[:4] == (
        "left_eye_center_x", "left_eye_center_y", "right_eye_center_x", "right_eye_center_y",
    )  # fmt: skip
    assert KAGGLE15.feature_names[-1] == "mouth_center_bottom_lip_y"
    assert len(KAGGLE15.feature_names) == 30


@given(hnp.arrays(bool, (7, 15)))
def test_a_face_belongs_to_convention_a_if_and_only_if_it_has_a_keypoint_that_b_lacks(marked):
    only_in_a = [k for k in range(15) if k not in KAGGLE15.conventions[B].keypoints]
    expected = np.where(marked[:, only_in_a].any(axis=1), A, B)
    assert np.array_equal(KAGGLE15.conventions_from_marks(marked), expected)
