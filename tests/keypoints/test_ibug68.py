"""iBUG's 68 keypoints."""

import numpy as np
from support.made_up_faces import a_face_of_68

from kaggle_fkd.keypoints import IBUG68


def test_ibugs_mirror_pairs_are_those_of_a_symmetrical_face():
    points = a_face_of_68()
    assert np.isfinite(points).all()
    assert len(np.unique(points, axis=0)) == 68
    np.testing.assert_array_equal(points[list(IBUG68.flip_order)] * (-1, 1), points)
    left, right = np.array(IBUG68.flip_pairs).T
    assert (points[left, 0] > 0).all() and (points[right, 0] < 0).all()


def test_ibugs_names_tell_the_part_and_the_side():
    named = {0: "jaw_0", 17: "right_brow_0", 26: "left_brow_4", 30: "nose_bridge_3",
             33: "nose_base_2", 42: "left_eye_0", 48: "outer_lip_0", 67: "inner_lip_7"}  # fmt: skip
    assert {index: IBUG68.names[index] for index in named} == named
    right, left = IBUG68.eye_corners
    points = a_face_of_68()
    eyes = points[list(IBUG68.groups["eyes"]), 0]
    assert (points[right, 0], points[left, 0]) == (eyes.min(), eyes.max())


def test_ibugs_contours_follow_each_part_of_the_face_and_eyes_and_lips_are_closed():
    assert [k for contour in IBUG68.contours for k in contour.keypoints] == list(range(68))
    closed = {
        IBUG68.names[contour.keypoints[0]].rpartition("_")[0]
        for contour in IBUG68.contours
        if contour.closed
    }
    assert closed == {"right_eye", "left_eye", "outer_lip", "inner_lip"}
    points = a_face_of_68()
    longest = max(np.ptp(points, axis=0))
    for contour in IBUG68.contours:
        steps = np.linalg.norm(np.diff(points[list(contour.keypoints)], axis=0), axis=1)
        assert steps.max() < longest / 6  # neighbours on the face, too


def test_ibugs_eyelids_are_corners_with_two_points_above_and_two_below():
    points = a_face_of_68()
    for side, lids in zip((-1, 1), IBUG68.eyelids, strict=True):
        eye = points[list(lids)]
        assert (np.sign(eye[:, 0]) == side).all()
        assert {eye[0, 0], eye[3, 0]} == {eye[:, 0].min(), eye[:, 0].max()}
        assert eye[1:3, 1].max() < eye[4:6, 1].min()
