"""Boxes of faces: where their edges are, how much they overlap."""

import numpy as np

from kaggle_fkd.imaging.boxes import (
    box_of_keypoints,
    box_overlap,
    expand_boxes,
    shrink_boxes,
)


def test_the_box_has_a_tenth_more_at_each_side_and_pixel_edges():
    points = np.array([[10.0, 30.0], [110.0, 30.0], [60.0, 80.0]])
    assert box_of_keypoints(points).tolist() == [0.5, 25.5, 120.5, 85.5]


def test_the_overlap_is_the_intersection_over_the_union():
    box = np.array([[0.0, 0, 10, 10]])
    others = np.array([[0.0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]])
    np.testing.assert_allclose(box_overlap(box, others), [[1, 50 / 150, 0]])


def test_tight_boxes_are_expanded_and_shrunk_back():
    tight = np.array([[0.0, 10, 100, 60], [5, 5, 6, 7]])
    assert expand_boxes(tight)[0].tolist() == [-10, 5, 110, 65]
    np.testing.assert_allclose(shrink_boxes(expand_boxes(tight)), tight, atol=1e-9)
