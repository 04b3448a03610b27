"""Weighted means of predictions, and the weights that are fitted to them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.made_up_faces import make_faces

from kaggle_fkd.metrics import OUTLIER_PX
from kaggle_fkd.prediction.ensemble import fit_ensemble_weights, weighted_mean

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
