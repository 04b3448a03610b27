"""The RMSE by convention and by keypoint, with intervals."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.made_up_faces import make_faces, with_noise

from kaggle_fkd.evaluation.scores import change_interval, score_figure, score_table
from kaggle_fkd.keypoints import KAGGLE15, Convention
from kaggle_fkd.metrics import rmse, rmse_by_convention


def interval_of_all(predicted, faces):
    """Of the RMSE of all labels of all conventions."""
    everything = score_table(predicted, faces).iloc[0]
    assert everything["convention"] == everything["keypoint"] == "all"
    return everything["low"], everything["high"]


@given(seed=st.integers(0, 1000))
@settings(max_examples=10)
def test_the_interval_contains_the_rmse(seed):
    faces = make_faces(40, seed % 5)
    predicted = with_noise(faces, seed)
    low, high = interval_of_all(predicted, faces)
    score = rmse(predicted, faces.keypoints)
    assert low < score < high
    # 1200 normal errors: the standard error of their RMSE is 2 / sqrt(2400).
    assert high - low == pytest.approx(4 * 2 / math.sqrt(2400), rel=0.5)


def test_the_interval_collapses_when_all_errors_are_equal():
    faces = make_faces(20)
    low, high = interval_of_all(faces.keypoints + 2.0, faces)
    assert low == pytest.approx(2, rel=1e-5) and high == pytest.approx(2, rel=1e-5)


def test_the_interval_of_a_change_is_paired():
    """Both predictions have the same noise, of which the difference is free."""
    faces = make_faces(40)
    before = with_noise(faces)
    predicted = faces.keypoints + 0.9 * (before - faces.keypoints)
    change = rmse(predicted, faces.keypoints) - rmse(before, faces.keypoints)
    low, high = change_interval(predicted, before, faces, seed=0)
    single = interval_of_all(before, faces)
    assert low < change < high < 0 and high - low < 0.2 * (single[1] - single[0])
    nothing = change_interval(predicted[:0], before[:0], faces[:0], seed=0)
    assert np.isnan(nothing).all()


def test_repeats_of_an_image_are_drawn_together():
    faces = make_faces(30)
    predicted = with_noise(faces, spread=2.0) * np.linspace(0.9, 1.1, 30)[:, None, None]
    interval = interval_of_all(predicted, faces)
    twice = np.tile(np.arange(30), 4)
    repeated = faces[twice]
    assert interval_of_all(predicted[twice], repeated) == pytest.approx(interval)
    images = repeated.images.copy()
    images[:, 0, 0] = np.repeat(np.arange(4), 30)
    images[:, 0, 1] = twice
    low, high = interval_of_all(predicted[twice], replace(repeated, images=images))
    # As independent faces, four times as many would halve it.
    assert high - low == pytest.approx((interval[1] - interval[0]) / 2, rel=0.2)


def test_without_labels_there_is_no_interval():
    faces = make_faces(5)
    unlabelled = replace(faces, keypoints=np.full_like(faces.keypoints, np.nan))
    both = faces.keypoints
    assert all(math.isnan(end) for end in change_interval(both, both, unlabelled, seed=0))


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
    aside = score_table(predicted + np.float32([1, -2]), faces)
    assert (aside["bias_x"] - table["bias_x"]).to_numpy() == pytest.approx(1, abs=1e-3)
    assert (aside["bias_y"] - table["bias_y"]).to_numpy() == pytest.approx(-2, abs=1e-3)


def test_each_convention_has_a_colour_of_its_own_in_the_figure():
    conventions = tuple(Convention(name, tuple(range(15)), "") for name in "ABC")
    faces = make_faces(30, scheme=replace(KAGGLE15, conventions=conventions))
    faces = replace(faces, convention=np.repeat(np.arange(3, dtype=np.int8), 10))
    (axes,) = score_figure(score_table(with_noise(faces), faces), "RMSE").axes
    colours = [container[0].get_color() for container in axes.containers]
    assert len(colours) == len(set(colours)) == 3
    assert colours[:2] == ["#0072B2", "#D55E00"]
