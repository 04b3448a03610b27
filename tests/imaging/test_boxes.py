"""Boxes of faces: where their edges are, how much they overlap, how they lead to a chip."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from support.similarities import FACE, a_map

from kaggle_fkd.imaging.boxes import (
    box_of_keypoints,
    box_overlap,
    similarity_of_box,
    suppress_overlapping,
)
from kaggle_fkd.imaging.similarity import transform_points


def test_the_box_has_a_tenth_more_at_each_side_and_pixel_edges():
    points = np.array([[10.0, 30.0], [110.0, 30.0], [60.0, 80.0]])
    assert box_of_keypoints(points).tolist() == [0.5, 25.5, 120.5, 85.5]


def test_the_overlap_is_the_intersection_over_the_union():
    box = np.array([[0.0, 0, 10, 10]])
    others = np.array([[0.0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]])
    np.testing.assert_allclose(box_overlap(box, others), [[1, 50 / 150, 0]])


@given(st.floats(0.1, 10), st.floats(-300, 300), st.floats(-300, 300))
def test_the_box_of_an_upright_face_leads_back_to_the_mean_shape(scale, x, y):
    moved = transform_points(a_map(scale, 0, x, y), FACE)
    back = similarity_of_box(box_of_keypoints(moved), FACE)
    np.testing.assert_allclose(transform_points(back, moved), FACE, atol=1e-6)


def test_of_overlapping_boxes_the_one_with_the_highest_score_is_kept():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [30, 0, 40, 10], [9, 0, 19, 10]], float)
    assert suppress_overlapping(boxes, np.array([1, 3, 5, 2]), 0.3) == [2, 1, 3]
    assert suppress_overlapping(np.empty((0, 4)), np.empty(0), 0.3) == []
