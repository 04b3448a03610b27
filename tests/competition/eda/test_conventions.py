"""Images that are labelled in both conventions."""

from dataclasses import replace

import numpy as np
import pytest
from support.made_up_faces import NAMES, varied_faces

from kaggle_fkd.competition.eda.conventions import (
    draw_both,
    label_differences,
    labelled_in_both,
    topic,
)
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset


def with_pairs(pairs: dict[int, int], down: float = 5) -> FaceDataset:
    """Faces 0 to 11 of A and 12 to 23 of B; the nose of B is lower; {A: B} share images."""
    faces = varied_faces(12, 12)
    images, keypoints = faces.images.copy(), faces.keypoints.copy()
    for one, other in pairs.items():
        images[other] = images[one]
        keypoints[other] = np.where(np.isfinite(keypoints[other]), keypoints[one], np.nan)
    keypoints[12:, 10, 1] += down
    return replace(faces, images=images, keypoints=keypoints)


def test_images_of_both_conventions_are_found_whatever_else_repeats_them():
    faces = with_pairs({2: 14, 5: 20})
    faces.images[7] = faces.images[2]  # 2 A + 1 B
    faces.images[22] = faces.images[23]  # 2 B
    pairs = labelled_in_both(faces)
    found = pairs[["convention_1", "id_1", "convention_2", "id_2"]].to_numpy().tolist()
    assert sorted(found) == [["A", 102, "B", 114], ["A", 105, "B", 120]]


def test_only_keypoints_that_both_conventions_mark_are_compared():
    faces = with_pairs({2: 14, 5: 20})
    table = label_differences(faces, labelled_in_both(faces)).set_index("keypoint")
    assert list(table.index) == [NAMES[k] for k in (0, 1, 10, 14)]
    assert table.loc[NAMES[10], ["images", "right", "down"]].tolist() == pytest.approx([2, 0, 5])
    assert table.loc[NAMES[0], ["right", "down", "spread"]].tolist() == [0, 0, 0]


def test_nose_and_mouth_of_both_conventions_are_drawn_on_the_same_image():
    faces = with_pairs({2: 14})
    axes = draw_both(faces, labelled_in_both(faces)).axes[0]
    assert axes.get_title() == "rows 102 (A) and 114 (B)"
    x, y = faces.keypoints[2, 10]
    assert axes.get_xlim()[0] < x < axes.get_xlim()[1]
    assert axes.get_ylim()[1] < y < axes.get_ylim()[0]


def test_without_such_images_the_mean_positions_still_tell_the_conventions_apart():
    found = topic(with_pairs({}, down=20), EdaConfig())
    assert not found.figures and found.summary["images"] == 0
    assert set(found.summary["apart"]) == {NAMES[k] for k in (0, 1, 10, 14)}
    assert found.summary["apart"][NAMES[10]][1] == pytest.approx(20, abs=5)
