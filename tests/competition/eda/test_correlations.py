"""The correlations of the coordinates."""

from dataclasses import replace

import numpy as np
import pytest
from support.made_up_faces import NAMES, varied_faces

from kaggle_fkd.competition.eda.correlations import correlations, strongest_pair


def test_coordinates_that_move_together_correlate_fully():
    faces = varied_faces(40)
    keypoints = faces.keypoints.copy()
    keypoints[:, 4, 0] = 2 * keypoints[:, 2, 1] + 3
    keypoints[:, 9, 1] = 90 - keypoints[:, 2, 1]
    keypoints[:, 12] = np.nan
    matrix = correlations(replace(faces, keypoints=keypoints))
    assert matrix.shape == (30, 30)
    assert matrix.loc[f"{NAMES[4]}_x", f"{NAMES[2]}_y"] == pytest.approx(1, abs=1e-5)
    assert matrix.loc[f"{NAMES[9]}_y", f"{NAMES[2]}_y"] == pytest.approx(-1, abs=1e-5)
    assert matrix[f"{NAMES[12]}_x"].isna().all()
    first, second, value = strongest_pair(matrix)
    assert {first, second} <= {f"{NAMES[4]}_x", f"{NAMES[2]}_y", f"{NAMES[9]}_y"}
    assert abs(value) == pytest.approx(1, abs=1e-5)


def test_the_correlations_of_the_sparse_convention_are_those_of_its_own_keypoints():
    matrix = correlations(varied_faces(0, 40))
    assert list(matrix) == [f"{NAMES[k]}_{axis}" for axis in "xy" for k in (0, 1, 10, 14)]
    assert matrix.notna().all(axis=None)
