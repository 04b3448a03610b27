"""The scores of 68-point work, on faces whose errors are known."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.posed_faces import blank, posed_face

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.evaluation.nme_report import nme_table, write_nme
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.metrics import FAILURE, error_scores, nme


@pytest.fixture
def faces():
    points = [posed_face(blank(), size=size, roll=roll).keypoints for size, roll in
              [(40, 0), (60, 20), (80, -30), (100, 5)]]  # fmt: skip
    keypoints = np.array(points, np.float32)
    n = len(keypoints)
    images = np.zeros((n, 8, 8), np.uint8)
    return FaceDataset(IBUG68, images, keypoints, np.zeros(n, np.int8), np.arange(n))


def eye_distance(faces):
    right, left = IBUG68.eye_corners
    return np.linalg.norm(faces.keypoints[:, left] - faces.keypoints[:, right], axis=-1)


def off_by(faces, share):
    """Predictions that are all off by that share of the distance of the eyes."""
    return faces.keypoints + (share * eye_distance(faces))[:, None, None] * np.array([0.6, 0.8])


@given(share=st.floats(0, 1))
def test_the_nme_is_the_distance_in_distances_of_the_eyes(share):
    truth = posed_face(blank(), size=70, roll=12).keypoints[None]
    right, left = IBUG68.eye_corners
    unit = np.linalg.norm(truth[0, left] - truth[0, right])
    np.testing.assert_allclose(
        nme(truth + np.array([share * unit, 0]), truth, IBUG68), share, atol=1e-9
    )


def test_the_nme_does_not_depend_on_the_size_of_the_picture(faces):
    predicted = off_by(faces, 0.05)
    np.testing.assert_allclose(
        nme(predicted, faces.keypoints, IBUG68),
        nme(3 * predicted, 3 * faces.keypoints, IBUG68),
        rtol=1e-5,
    )


def test_the_scores_of_known_errors():
    scores = error_scores(np.array([0, FAILURE / 2, FAILURE, 2 * FAILURE]))
    assert scores == pytest.approx(
        {"mean": 0.875 * FAILURE, "median": 0.75 * FAILURE, "failure_rate": 0.25,
         "area_under_curve": (1 + 0.5 + 0 + 0) / 4}
    )  # fmt: skip


def test_an_error_in_one_region_is_reported_for_that_region(faces):
    predicted = faces.keypoints.copy()
    jaw = list(IBUG68.groups["jaw"])
    predicted[:, jaw] = off_by(faces, 0.1)[:, jaw]
    table = nme_table(predicted, faces).set_index("region")
    assert table.loc["jaw", "mean"] == pytest.approx(0.1, rel=1e-4)
    assert table.loc["all", "mean"] == pytest.approx(0.1 * len(jaw) / 68, rel=1e-4)
    assert (table.loc[["eyes", "brows", "nose", "mouth"], "mean"] < 1e-6).all()


def test_only_predicted_faces_are_in_the_report(faces, tmp_path):
    off = off_by(faces, 0.04)
    predicted = np.concatenate([off, np.ones_like(off[..., :1])], axis=-1)
    predicted[1] = np.nan
    line, about_errors = write_nme(tmp_path, predicted, faces, {"about": "a test"})
    assert "of 3 faces: mean 4.00 %" in line and "within 2 times" in about_errors
    table = pd.read_csv(tmp_path / "nme.csv")
    assert set(table["faces"]) == {3}
    record = json.loads((tmp_path / "evaluation.json").read_text())
    assert record["about"] == "a test" and record["nme"][0]["mean"] == pytest.approx(0.04, rel=1e-3)
    assert (tmp_path / "error_curve.png").stat().st_size > 1000
