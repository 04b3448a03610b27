"""Out-of-fold predictions, their scores with intervals, and the report."""

import json
import math
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.made_up_faces import make_faces
from support.small_runs import CPU

from kaggle_fkd.config import PredictConfig
from kaggle_fkd.errors import DataError
from kaggle_fkd.evaluation.out_of_fold import out_of_fold, read_predictions, write_predictions
from kaggle_fkd.evaluation.report import rmse_interval, score_table, write_evaluation
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.metrics import rmse, rmse_by_convention
from kaggle_fkd.prediction.members import NO_TTA, predict_member
from kaggle_fkd.runs.run import open_run
from kaggle_fkd.training.members import assign_folds


def test_each_face_is_predicted_by_the_member_that_held_it_out(crossed_run, competition):
    faces = competition.train
    predicted = out_of_fold(crossed_run, faces, CPU, PredictConfig())
    fold_of = assign_folds(faces, 3, seed=0)
    assert np.isfinite(predicted).all()
    for member in crossed_run.members:
        of_it = fold_of == member.index
        own = predict_member(member, faces[of_it], CPU, PredictConfig())
        np.testing.assert_allclose(predicted[of_it], own, atol=1e-4)
        others = predict_member(crossed_run.member((member.index + 1) % 3), faces[of_it], CPU,
                                PredictConfig())  # fmt: skip
        assert np.abs(predicted[of_it] - others).max() > 0.01


def test_the_scores_of_the_members_are_those_of_their_folds(crossed_run, competition):
    faces = competition.train
    predicted = out_of_fold(crossed_run, faces, CPU, NO_TTA)
    fold_of = assign_folds(faces, 3, seed=0)
    for member in crossed_run.members:
        of_it = fold_of == member.index
        scores = rmse_by_convention(predicted[of_it], faces[of_it])
        assert scores == pytest.approx(member.summary["validation_rmse"], rel=1e-4)


def test_faces_that_every_member_trained_on_are_not_predicted(crossed_run, competition, tmp_path):
    copied = open_run(shutil.copytree(crossed_run.folder, tmp_path / "copied"))
    for index in (0, 2):
        shutil.rmtree(copied.member(index).folder)
    predicted = out_of_fold(copied, competition.train, CPU, NO_TTA)
    held_out = assign_folds(competition.train, 3, seed=0) == 1
    assert np.isnan(predicted[~held_out]).all() and np.isfinite(predicted[held_out]).all()


def test_members_that_held_out_the_same_faces_are_averaged(crossed_run, competition, tmp_path):
    copied = open_run(shutil.copytree(crossed_run.folder, tmp_path / "copied"))
    shutil.copytree(copied.member(1).folder, copied.member(3).folder)  # of fold 0, too
    faces = competition.train
    held_out = assign_folds(faces, 3, seed=0) == 0
    each = [predict_member(crossed_run.member(i), faces[held_out], CPU, NO_TTA) for i in (0, 1)]
    predicted = out_of_fold(copied, faces, CPU, NO_TTA)
    np.testing.assert_allclose(predicted[held_out], np.mean(each, axis=0), atol=1e-4)


def test_written_predictions_are_read_back_without_the_unmarked_keypoints(tmp_path, competition):
    faces = competition.train[::7]
    predicted = np.random.default_rng(0).uniform(0, 95, faces.keypoints.shape)
    predicted[2] = np.nan
    write_predictions(tmp_path / "oof.csv", faces, predicted)
    table = pd.read_csv(tmp_path / "oof.csv")
    assert list(table.columns) == ["row", *KAGGLE15.feature_names]
    assert np.array_equal(table["row"], faces.ids)
    read = read_predictions(tmp_path / "oof.csv", faces)
    for index, convention in enumerate(KAGGLE15.conventions):
        of_it = np.flatnonzero(faces.convention == index)
        assert len(of_it) > 3
        marked = np.isin(np.arange(15), convention.keypoints)
        np.testing.assert_allclose(read[of_it][:, marked], predicted[of_it][:, marked], atol=1e-4)
        assert np.isnan(read[of_it][:, ~marked]).all()
    assert np.isnan(read[2]).all()


@pytest.mark.parametrize("spoil", ["other rows", "no column", "no file"])
def test_predictions_of_other_faces_are_refused(tmp_path, competition, spoil):
    faces, path = competition.train[:9], tmp_path / "oof.csv"
    write_predictions(path, faces, faces.keypoints)
    if spoil == "no column":
        pd.read_csv(path).drop(columns="nose_tip_x").to_csv(path, index=False)
    elif spoil == "no file":
        path.unlink()
    else:
        faces = competition.train[1:10]
    with pytest.raises(DataError, match=r"oof\.csv"):
        read_predictions(path, faces)


def with_noise(faces, seed=0, spread=2.0):
    """Predictions of all keypoints, off by normal noise."""
    noise = np.random.default_rng(seed).normal(0, spread, faces.keypoints.shape)
    return np.where(np.isfinite(faces.keypoints), faces.keypoints, 48) + noise


@given(seed=st.integers(0, 1000))
@settings(max_examples=10)
def test_the_interval_contains_the_rmse(seed):
    faces = make_faces(40, seed % 5)
    predicted = with_noise(faces, seed)
    low, high = rmse_interval(predicted, faces, seed=0)
    score = rmse(predicted, faces.keypoints)
    assert low < score < high
    # 1200 normal errors: the standard error of their RMSE is 2 / sqrt(2400).
    assert high - low == pytest.approx(4 * 2 / math.sqrt(2400), rel=0.5)


def test_the_interval_collapses_when_all_errors_are_equal():
    faces = make_faces(20)
    low, high = rmse_interval(faces.keypoints + 2.0, faces, seed=0)
    assert low == pytest.approx(2, rel=1e-5) and high == pytest.approx(2, rel=1e-5)


def test_repeats_of_an_image_are_drawn_together():
    faces = make_faces(30)
    predicted = with_noise(faces, spread=2.0) * np.linspace(0.9, 1.1, 30)[:, None, None]
    interval = rmse_interval(predicted, faces, seed=0)
    twice = np.tile(np.arange(30), 4)
    repeated = faces[twice]
    assert rmse_interval(predicted[twice], repeated, seed=0) == pytest.approx(interval)
    images = repeated.images.copy()
    images[:, 0, 0] = np.repeat(np.arange(4), 30)
    images[:, 0, 1] = twice
    low, high = rmse_interval(predicted[twice], replace(repeated, images=images), seed=0)
    # As independent faces, four times as many would halve it.
    assert high - low == pytest.approx((interval[1] - interval[0]) / 2, rel=0.2)


def test_without_labels_there_is_no_interval():
    faces = make_faces(5)
    unlabelled = replace(faces, keypoints=np.full_like(faces.keypoints, np.nan))
    assert all(math.isnan(end) for end in rmse_interval(faces.keypoints, unlabelled, seed=0))


def test_the_score_table_has_all_the_conventions_and_their_keypoints(competition):
    faces = competition.train
    predicted = with_noise(faces)
    table = score_table(predicted, faces)
    whole = table[table["keypoint"] == "all"].set_index("convention")["rmse"]
    assert dict(whole) == pytest.approx(rmse_by_convention(predicted, faces))
    assert (table["low"] < table["rmse"]).all() and (table["rmse"] < table["high"]).all()
    of_b = table[(table["convention"] == "B") & (table["keypoint"] != "all")]
    assert list(of_b["keypoint"]) == [KAGGLE15.names[k] for k in KAGGLE15.conventions[1].keypoints]
    nose = KAGGLE15.index("nose_tip")
    b = faces.convention == 1
    row = of_b[of_b["keypoint"] == "nose_tip"].iloc[0]
    assert row["rmse"] == pytest.approx(rmse(predicted[b][:, nose], faces.keypoints[b][:, nose]))
    assert row["coordinates"] == 2 * faces.labelled[b][:, nose].sum()
    aside = score_table(predicted - np.float32([1, -2]), faces)
    assert (aside["bias_x"] - table["bias_x"]).to_numpy() == pytest.approx(1, abs=1e-3)
    assert (aside["bias_y"] - table["bias_y"]).to_numpy() == pytest.approx(-2, abs=1e-3)


def test_faces_that_nobody_predicts_are_left_out_of_the_scores(tmp_path, competition):
    faces = competition.train
    predicted = with_noise(faces)
    predicted[faces.convention == 1] = np.nan
    write_evaluation(tmp_path, predicted, faces, {})
    table = pd.read_csv(tmp_path / "scores.csv")
    assert set(table["convention"]) == {"all", "A"}
    only_a = faces.in_convention(0)
    expected = rmse(predicted[faces.convention == 0], only_a.keypoints)
    assert table["rmse"].iloc[0] == pytest.approx(expected, abs=1e-4)


def test_a_report_says_what_its_figures_compare_with(tmp_path, competition):
    faces = competition.train
    predicted = with_noise(faces)
    lines = write_evaluation(tmp_path, predicted, faces, {"weights": {"a": 1.0}})
    text = "\n".join(lines)
    assert "1.28236" in text and "do not predict a leaderboard score" in text
    assert f"{rmse(predicted, faces.keypoints):.3f}" in text
    record = json.loads((tmp_path / "evaluation.json").read_text())
    assert record["weights"] == {"a": 1.0} and set(record["oof_rmse"]) == {"all", "A", "B"}
    published = pd.read_csv(tmp_path / "published.csv")
    assert published["private_rmse"].is_monotonic_increasing
    for picture in ("rmse_by_keypoint.png", "worst_faces.png", "audit.png"):
        assert (tmp_path / picture).stat().st_size > 10_000


def test_the_worst_face_is_drawn_first(tmp_path, competition, monkeypatch):
    from kaggle_fkd.evaluation import report

    drawn = []
    monkeypatch.setattr(
        report, "gallery", lambda faces, captions, *_: drawn.append((faces, captions))
    )
    faces = competition.train
    predicted = with_noise(faces)
    predicted[17] += 30
    report.worst_faces(predicted, faces)
    ((shown, captions),) = drawn
    assert shown.ids[0] == faces.ids[17] and f"row {faces.ids[17]}" in captions[0]
