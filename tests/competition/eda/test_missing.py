"""Missing labels: counted by keypoint, and by pattern."""

from dataclasses import replace

import numpy as np
import pytest
from support.made_up_faces import NAMES, varied_faces

from kaggle_fkd.competition.eda.missing import label_patterns, missing_counts


def test_missing_labels_are_counted_by_convention_and_keypoint():
    faces = varied_faces(6, 4)
    keypoints = faces.keypoints.copy()
    keypoints[[0, 2], 7] = np.nan
    keypoints[1, 7, 1] = np.nan
    keypoints[8, 14] = np.nan
    counts = missing_counts(replace(faces, keypoints=keypoints)).set_index(
        ["convention", "keypoint"]
    )
    brow = counts.loc[("A", NAMES[7])]
    assert (brow["missing_x"], brow["missing_y"], brow["missing"]) == (2, 3, 3)
    assert brow["share"] == pytest.approx(0.5)
    assert counts.loc[("B", NAMES[14]), "missing"] == 1
    assert counts.loc["A", "missing"].sum() == 3
    assert set(counts.loc["B"].query("not marked")["missing"]) == {4}


def test_patterns_tell_which_keypoints_are_labelled_together():
    faces = varied_faces(10, 5)
    keypoints = faces.keypoints.copy()
    keypoints[:3, [6, 8]] = np.nan
    patterns = label_patterns(replace(faces, keypoints=keypoints))
    assert list(patterns["convention"]) == ["A", "A", "B"]
    assert list(patterns["faces"]) == [7, 3, 5]
    assert list(patterns["points"]) == [15, 13, 4]
    assert [name for name in NAMES if patterns.loc[1, name] == 0] == [NAMES[6], NAMES[8]]
