"""Keypoints as COCO describes them."""

import numpy as np
import pytest
from support.annotated_pictures import FIVE, a_shape

from kaggle_fkd.errors import DataError
from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.keypoints.coco import (
    format_category,
    format_keypoints,
    keypoint_order,
    parse_keypoints,
)


@pytest.mark.parametrize("scheme", [IBUG68, KAGGLE15, FIVE], ids=lambda scheme: scheme.name)
def test_keypoints_survive_a_coco_file(scheme):
    keypoints = a_shape(3, scheme)
    flat = format_keypoints(keypoints)
    order = keypoint_order(format_category(scheme)["keypoints"], "here", scheme)
    read = parse_keypoints(flat, order, len(order), "here")
    np.testing.assert_allclose(read, keypoints, atol=0.0051)


def test_the_centre_of_the_first_pixel_is_half_a_pixel_from_its_corner():
    assert format_keypoints(np.array([[0, 0], [9, 0.25]])) == [0.5, 0.5, 2, 9.5, 0.75, 2]
    read = parse_keypoints([0.5, 0.5, 2, 4, 3, 1, 9, 9, 2], [0, 1, 2], 3, "here")
    assert read.tolist() == [[0, 0], [3.5, 2.5], [8.5, 8.5]]


def test_hidden_and_missing_keypoints_are_told_apart():
    keypoints = np.array([[1, 2], [np.nan, np.nan], [5, 6]])
    flat = format_keypoints(keypoints, hidden=np.array([False, False, True]))
    assert flat == [1.5, 2.5, 2, 0, 0, 0, 5.5, 6.5, 1]
    read = parse_keypoints(flat, [0, 1, 2], 3, "here")
    np.testing.assert_array_equal(read, keypoints)


def test_the_skeleton_is_the_contours_counted_from_1():
    skeleton = format_category(IBUG68)["skeleton"]
    assert [1, 2] in skeleton and [16, 17] in skeleton and [17, 18] not in skeleton  # the jaw
    assert [41, 42] in skeleton and [42, 37] in skeleton  # an eye is closed
    assert np.min(skeleton) == 1 and np.max(skeleton) == 68
    assert format_category(KAGGLE15)["skeleton"] == []


def test_keypoints_are_found_by_their_names():
    names = ["other", *reversed(FIVE.names)]
    assert keypoint_order(names, "here", FIVE) == [5, 4, 3, 2, 1]


def test_keypoints_without_a_known_name_are_in_the_order_of_the_scheme():
    assert keypoint_order(["1", "2", "3", "4", "5"], "here", FIVE) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (["left_eye", "right_eye", "nose", "left_corner", "chin"], "no keypoint right_corner"),
        (["1", "2", "3"], "3 keypoints instead of 5"),
        ([1, None, [], {}, 2, 3], "6 keypoints instead of 5"),
    ],
)
def test_the_keypoints_of_another_scheme_are_rejected(names, problem):
    with pytest.raises(DataError, match=f"here: .*{problem}") as caught:
        keypoint_order(names, "here", FIVE)
    assert "five" in caught.value.remedy
