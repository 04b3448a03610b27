"""Repeats of an image, and how far apart their labels are."""

from dataclasses import replace

import numpy as np
import pytest
from support.made_up_faces import NAMES, varied_faces

from kaggle_fkd.competition.eda.repeats import repeated_images


def test_repeated_images_are_found_and_the_disagreement_of_their_labels_is_measured():
    faces = varied_faces(6, 3)
    images, keypoints = faces.images.copy(), faces.keypoints.copy()
    images[4], keypoints[4] = images[1], keypoints[1]
    keypoints[4, 11] += (3, 4)
    images[8], keypoints[8] = images[7], keypoints[7]
    found = repeated_images(replace(faces, images=images, keypoints=keypoints))
    assert found["ids"].tolist() == ["101 104", "107 108"]
    assert found["conventions"].tolist() == ["2 A", "2 B"]
    assert found["points_compared"].tolist() == [15, 4]
    assert found["max_distance"].tolist() == pytest.approx([5, 0], abs=1e-4)
    assert found["worst_keypoint"][0] == NAMES[11]
    assert found["median_distance"][0] == pytest.approx(0, abs=1e-6)


def test_of_three_repeats_the_two_furthest_apart_are_named():
    faces = varied_faces(5)
    keypoints = np.repeat(faces.keypoints[:1], 5, axis=0)
    keypoints[1, 3] += (6, 0)
    keypoints[2, 3] -= (6, 0)
    images = faces.images.copy()
    images[:3] = images[0]
    (row,) = repeated_images(replace(faces, images=images, keypoints=keypoints)).itertuples()
    assert (row.faces, {row.id_1, row.id_2}) == (3, {101, 102})
    assert row.max_distance == pytest.approx(12, abs=1e-4)


def test_labels_of_different_conventions_are_never_compared():
    faces = varied_faces(3, 3)
    images = faces.images.copy()
    images[5] = images[0]
    (row,) = repeated_images(replace(faces, images=images)).itertuples()
    assert (row.conventions, row.points_compared) == ("1 A + 1 B", 0)
    assert np.isnan(row.max_distance)
    assert {row.id_1, row.id_2} == {100, 105}
