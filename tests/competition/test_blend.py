"""Weighted means: of predictions with fitted weights, and of submission files."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.command_line import last_line
from support.csv_files import LOOKUP
from support.made_up_faces import make_faces

from kaggle_fkd.competition.submission import blend_submissions, check_blend
from kaggle_fkd.errors import SubmissionError, UsageError
from kaggle_fkd.evaluation.out_of_fold import OUTLIER_PX, fit_ensemble_weights, weighted_mean

FACES = replace(make_faces(40), convention=np.repeat([0, 1], 20).astype(np.int8))
A = FACES.convention == 0


def noise(seed, spread):
    return np.random.default_rng(seed).normal(0, spread, FACES.keypoints.shape)


def test_the_truth_gets_all_the_weight_and_junk_none():
    predictions = [FACES.keypoints + noise(1, 5), FACES.keypoints, FACES.keypoints + noise(2, 5)]
    for weights in fit_ensemble_weights(predictions, FACES):
        assert weights == pytest.approx([0, 1, 0], abs=0.01)


def test_equally_good_predictions_share_and_better_ones_get_more():
    predictions = [FACES.keypoints + noise(seed, 2) for seed in (1, 2)]
    np.testing.assert_allclose(fit_ensemble_weights(predictions, FACES), 0.5, atol=0.06)
    predictions[0] = FACES.keypoints + noise(1, 1)
    # Independent errors are weighted by one over their variance: 4 to 1.
    np.testing.assert_allclose(
        fit_ensemble_weights(predictions, FACES), [[0.8, 0.2]] * 2, atol=0.05
    )


def test_each_convention_has_weights_of_its_own():
    better_on_a, better_on_b = (FACES.keypoints + noise(seed, 1) for seed in (1, 2))
    better_on_a[~A] += noise(3, 3)[~A]
    better_on_b[A] += noise(4, 3)[A]
    weights = fit_ensemble_weights([better_on_a, better_on_b], FACES)
    assert weights[0, 0] > 0.8 and weights[1, 1] > 0.8


def test_a_specialist_takes_nothing_from_those_who_know_the_rest():
    of_all = FACES.keypoints + noise(1, 3)
    of_a = (FACES.keypoints + noise(2, 0.1)).astype(np.float32)
    of_a[~A] = np.nan
    weights = fit_ensemble_weights([of_all, of_a], FACES)
    assert weights[0, 1] > 0.99 and weights[1].tolist() == [1, 0]
    mean = weighted_mean([of_all, of_a], weights, FACES.convention)
    np.testing.assert_allclose(mean[~A], of_all[~A], rtol=1e-6)
    np.testing.assert_allclose(mean[A], of_a[A], atol=0.1)


@given(
    seed=st.integers(0, 10_000),
    spreads=st.lists(st.floats(0.1, 3), min_size=2, max_size=5),
    offset=st.floats(-3, 3),
    shared=st.floats(0, 2),
)
@settings(max_examples=40)
def test_the_fit_is_never_worse_than_the_best_single_prediction(seed, spreads, offset, shared):
    common = noise(seed, shared)
    predictions = [
        FACES.keypoints + common + noise(seed + number + 1, spread) + offset * number
        for number, spread in enumerate(spreads)
    ]
    weights = fit_ensemble_weights(predictions, FACES)
    assert weights.min() >= 0 and weights.sum(axis=1) == pytest.approx(1)
    fitted = np.abs(np.mean(predictions, axis=0) - FACES.keypoints) < OUTLIER_PX

    def score(predicted):
        return np.sqrt(np.mean((predicted - FACES.keypoints)[fitted] ** 2))

    best = min(score(predicted) for predicted in predictions)
    assert score(weighted_mean(predictions, weights, FACES.convention)) <= best * (1 + 1e-4)


def test_wild_labels_do_not_move_the_weights():
    predictions = [FACES.keypoints + noise(1, 1), FACES.keypoints + noise(2, 2)]
    keypoints = FACES.keypoints.copy()
    # Labels that agree with the worse one in direction, far out.
    keypoints[:4] += 40 * np.sign(predictions[1] - predictions[0])[:4]
    weights = fit_ensemble_weights(predictions, replace(FACES, keypoints=keypoints))
    np.testing.assert_allclose(weights, fit_ensemble_weights(predictions, FACES), atol=0.05)


def test_faces_that_one_does_not_predict_are_not_fitted():
    half = (FACES.keypoints + noise(1, 1)).astype(np.float32)
    half[::2] = np.nan
    wrong_there = FACES.keypoints + noise(2, 2)
    wrong_there[::2] += 5
    expected = fit_ensemble_weights([half[1::2], wrong_there[1::2]], FACES[1::2])
    np.testing.assert_allclose(fit_ensemble_weights([half, wrong_there], FACES), expected)
    other_half = np.where(np.isnan(half), FACES.keypoints, np.nan)
    np.testing.assert_allclose(fit_ensemble_weights([half, other_half], FACES), 0.5)


def test_a_single_prediction_has_all_the_weight():
    assert fit_ensemble_weights([FACES.keypoints + noise(1, 3)], FACES).tolist() == [[1], [1]]


def test_a_weighted_mean_is_one():
    weights = np.array([[0.3, 0.7], [0.9, 0.1]])
    convention = np.array([0, 1])
    mean = weighted_mean([np.zeros((2, 15, 2)), np.full((2, 15, 2), 10)], weights, convention)
    assert mean.dtype == np.float32
    np.testing.assert_allclose(mean, np.broadcast_to([[[7]], [[1]]], (2, 15, 2)), rtol=1e-6)


def test_what_a_run_does_not_predict_is_left_to_the_others():
    of_a = np.full((2, 15, 2), 10.0)
    of_a[1] = np.nan
    weights = np.array([[0.5, 0.5]])
    mean = weighted_mean([np.zeros((2, 15, 2)), of_a], weights, np.array([0, 0]))
    assert (mean[0] == 5).all() and (mean[1] == 0).all()


def submission(path, locations, order=slice(None)):
    table = pd.DataFrame({"RowId": LOOKUP.row_ids, "Location": locations})
    table.iloc[order].to_csv(path, index=False)
    return path


@given(seed=st.integers(0, 1000))
@settings(max_examples=10)
def test_files_are_blended_by_row_id_whatever_their_order(tmp_path_factory, seed):
    rng = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("blend")
    first, second = rng.uniform(0, 96, (2, len(LOOKUP))).round(4)
    paths = [
        submission(folder / "a.csv", first, rng.permutation(len(LOOKUP))),
        submission(folder / "b.csv", second, rng.permutation(len(LOOKUP))),
    ]
    np.testing.assert_allclose(blend_submissions(paths, (), LOOKUP), (first + second) / 2)
    weighted = blend_submissions(paths, (3.0, 1.0), LOOKUP)
    np.testing.assert_allclose(weighted, 0.75 * first + 0.25 * second)


def test_an_invalid_file_is_not_blended(tmp_path):
    good = submission(tmp_path / "good.csv", 48.0)
    bad = submission(tmp_path / "bad.csv", 48.0, slice(1, None))
    with pytest.raises(SubmissionError, match=r"bad\.csv: 1 of 76 RowIds missing"):
        blend_submissions([good, bad], (), LOOKUP)


@pytest.mark.parametrize(
    ("paths", "weights", "message"),
    [
        ([], (), "nothing to blend"),
        ([Path("a")], (), "nothing to blend"),
        ([Path("a"), Path("b")], (1.0,), "1 for 2 files"),
        ([Path("a"), Path("b")], (1.0, 0.0), "impossible"),
        ([Path("a"), Path("b")], (2.0, -1.0), "impossible"),
        ([Path("a"), Path("b")], (1.0, float("nan")), "impossible"),
        ([Path("a"), Path("b")], (1.0, float("inf")), "impossible"),
    ],
)
def test_a_blend_needs_two_files_and_a_positive_weight_for_each(paths, weights, message):
    with pytest.raises(UsageError, match=message):
        check_blend(paths, weights)


@pytest.fixture
def two_files(done):
    """The submission in place, and another one of all 40."""
    first = last_line(done("--stage", "predict")[1])
    second = done.submissions / "second.csv"
    pd.read_csv(first).assign(Location=40).sample(frac=1).to_csv(second, index=False)
    return first, second


def test_the_blend_stage_writes_a_submission_that_can_be_sent(done, two_files):
    first, second = two_files
    code, out, err = done(
        "--stage", "blend,submit", "--blend", first, second, "--weights", "1", "3"
    )
    assert code == 0, err
    blended = pd.read_csv(last_line(out))
    expected = (pd.read_csv(first)["Location"] + 3 * 40) / 4
    np.testing.assert_allclose(blended["Location"], expected, atol=1e-4)
    assert "nothing was sent" in err and last_line(out).name in err
    assert not last_line(out).name.startswith("sample-")
    record = json.loads(last_line(out).with_suffix(".json").read_text())
    assert record["weights"] == [1, 3] and len(record["blend"]) == 2
    again = last_line(done("--stage", "blend", "--blend", first, second)[1])
    assert again != last_line(out)


def test_the_blend_stage_says_what_is_wrong_before_any_work(done, two_files):
    first, second = two_files
    before = set(done.submissions.iterdir())
    for arguments, code, message in (
        ((), 2, "--blend"),
        (("--blend", first), 2, "--blend"),
        (("--blend", first, second, "--weights", "1"), 2, "--weights"),
        (("--blend", first, second, "--weights", "1", "-1"), 2, "--weights"),
        (("--blend", first, done.submissions / "none.csv"), 1, "none.csv: no such file"),
    ):
        ended, out, err = done("--stage", "blend", *arguments)
        assert ended == code and out == "" and message in err
    second.write_text("RowId,Location\n1,50\n")
    code, out, err = done("--stage", "blend", "--blend", first, second)
    assert code == 1 and out == "" and "second.csv" in err
    assert set(done.submissions.iterdir()) == before


@pytest.mark.parametrize("known_by", ["receipt", "name"])
def test_a_blend_with_sample_faces_in_it_is_never_uploaded(done, two_files, known_by, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "token")
    first, second = two_files
    if known_by == "receipt":
        second.with_suffix(".json").write_text('{"sample_faces": true}')
    else:
        second = second.rename(done.submissions / "sample-second.csv")
    code, out, err = done("--stage", "blend,submit", "--yes", "--blend", first, second)
    assert last_line(out).name.startswith("sample-")
    assert code == 1 and "never uploaded" in err
