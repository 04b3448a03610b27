"""Size and pose of the faces, from their labels."""

from dataclasses import replace

import numpy as np
import pytest
from support.made_up_faces import MEAN_SHAPE, varied_faces

from kaggle_fkd.competition.eda.geometry import QUANTITIES, face_geometry, topic
from kaggle_fkd.config import EdaConfig


def test_a_frontal_face_has_no_roll_and_no_turn_and_a_rotated_one_is_rolled():
    faces = varied_faces(3)
    angle = np.radians(20)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    aside = MEAN_SHAPE.copy()
    aside[10, 0] += 9
    shapes = np.stack([MEAN_SHAPE, (MEAN_SHAPE - 48) @ rotation.T + 48, aside])
    frontal, rolled, turned = (
        row for _, row in face_geometry(
            replace(faces, keypoints=shapes.astype(np.float32))
        ).iterrows()
    )  # fmt: skip
    measured = list(QUANTITIES)
    assert frontal[measured].tolist() == pytest.approx([36, 42, 0, 0], abs=1e-3)
    assert rolled[measured].tolist() == pytest.approx([36, 42, 20, 0], abs=1e-3)
    assert turned[measured].tolist() == pytest.approx([36, 42, 0, 0.25], abs=1e-3)


def test_faces_without_both_eyes_are_left_out_of_the_intervals():
    faces = varied_faces(20)
    keypoints = faces.keypoints.copy()
    keypoints[:5, 0] = np.nan
    usual = topic(replace(faces, keypoints=keypoints), EdaConfig()).summary
    expected = np.percentile(face_geometry(faces)["eye_distance"][5:], (2.5, 97.5))
    assert usual["eye_distance"] == pytest.approx(expected.tolist(), rel=1e-5)
    keypoints[:, 0] = np.nan
    assert topic(replace(faces, keypoints=keypoints), EdaConfig()).summary == {}
