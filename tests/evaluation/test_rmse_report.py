"""The report of an evaluation."""

import json

import numpy as np
import pandas as pd
import pytest
from support.made_up_faces import with_noise_and_errors

from kaggle_fkd.evaluation.rmse_report import COMPARABLE, write_rmse
from kaggle_fkd.metrics import rmse


def test_faces_that_nobody_predicts_are_left_out_of_the_scores(tmp_path, competition):
    faces = competition.train
    predicted = with_noise_and_errors(faces)
    predicted[faces.convention == 1] = np.nan
    write_rmse(tmp_path, predicted, faces, {})
    table = pd.read_csv(tmp_path / "scores.csv")
    assert set(table["convention"]) == {"all", "A"}
    only_a = faces.in_convention(0)
    expected = rmse(predicted[faces.convention == 0][..., :2], only_a.keypoints)
    assert table["rmse"].iloc[0] == pytest.approx(expected, abs=1e-4)


PUBLISHED = pd.DataFrame(
    {
        "solution": ["the best", "the worst"],
        "private_rmse": [1.28236, 3.96244],
        "public_rmse": [1.5, 3.8],
    }
)


def test_a_report_says_what_its_figures_are_comparable_to(tmp_path, competition):
    faces = competition.train
    predicted = with_noise_and_errors(faces)
    lines = write_rmse(tmp_path, predicted, faces, {"weights": {"a": 1.0}}, PUBLISHED)
    text = "\n".join(lines)
    assert "1.28236" in text and "do not predict a leaderboard score" in text
    assert f"{rmse(predicted[..., :2], faces.keypoints):.3f}" in text
    record = json.loads((tmp_path / "evaluation.json").read_text())
    assert record["weights"] == {"a": 1.0} and set(record["oof_rmse"]) == {"all", "A", "B"}
    assert record["comparable"] == COMPARABLE
    published = pd.read_csv(tmp_path / "published.csv")
    assert published["private_rmse"].is_monotonic_increasing
    for picture in ("rmse_by_keypoint.png", "worst_faces.png", "audit.png", "expected_errors.png"):
        assert (tmp_path / picture).stat().st_size > 10_000


@pytest.mark.parametrize(("members", "several"), [({"a": 3}, False), ({"a": 3, "b": 3}, True)])
def test_a_report_of_several_runs_says_that_their_weights_were_fitted_to_these_labels(
    tmp_path, competition, members, several
):
    faces = competition.train[::4]
    text = "\n".join(
        write_rmse(tmp_path, with_noise_and_errors(faces), faces, {"members": members})
    )
    assert ("2 runs were fitted to the labels scored here" in text) == several
    # Without published scores nothing is compared.
    assert "Kaggle" not in text and not (tmp_path / "published.csv").exists()
