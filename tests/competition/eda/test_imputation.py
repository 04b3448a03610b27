"""Imputation: what may change, what fills the gaps, and how the methods are scored."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from support.made_up_faces import varied_faces

from kaggle_fkd.competition.eda.imputation import (
    ALL_KEYPOINTS,
    METHODS,
    impute,
    pooled_scores,
    score_imputation,
)
from kaggle_fkd.dataset import FaceDataset


def linear_faces(count: int = 80) -> FaceDataset:
    """Faces of which every coordinate is a linear function of the same three numbers."""
    rng = np.random.default_rng(3)
    spread = rng.normal(0, 3, (count, 3)) @ rng.normal(0, 1, (3, 30))
    return replace(
        varied_faces(count), keypoints=(48 + spread).reshape(count, 15, 2).astype(np.float32)
    )


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=10)
@given(gaps=arrays(bool, (40, 15, 2), elements=st.integers(0, 3).map(lambda n: n == 0)))
def test_known_values_are_never_changed(method: str, gaps: np.ndarray):
    keypoints = varied_faces(40).keypoints.copy()
    keypoints[gaps] = np.nan
    before = keypoints.copy()
    imputed = impute(keypoints, method)
    np.testing.assert_array_equal(imputed[~gaps], before[~gaps])
    np.testing.assert_array_equal(keypoints, before)
    assert imputed.dtype == np.float32
    known_somewhere = ~gaps.all(axis=0)
    assert np.isfinite(imputed[:, known_somewhere]).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_coordinate_that_no_face_has_stays_missing(method: str):
    keypoints = varied_faces(40).keypoints.copy()
    keypoints[:, 5] = np.nan
    keypoints[1:, 6] = np.nan
    keypoints[:4, 9, 0] = np.nan
    imputed = impute(keypoints, method)
    assert np.isnan(imputed[:, 5]).all()
    assert np.isfinite(np.delete(imputed, 5, axis=1)).all()


@pytest.mark.parametrize("method", METHODS)
def test_faces_without_any_label_are_unchanged(method: str):
    assert np.isnan(impute(np.full((4, 15, 2), np.nan, np.float32), method)).all()


@pytest.mark.parametrize("method", ["mean", "median"])
def test_a_gap_gets_the_mean_or_median_of_its_coordinate(method: str):
    keypoints = varied_faces(41).keypoints.copy()
    keypoints[0, 3, 1] = np.nan
    expected = {"mean": np.mean, "median": np.median}[method](keypoints[1:, 3, 1])
    assert impute(keypoints, method)[0, 3, 1] == pytest.approx(expected, rel=1e-5)


def test_knn_fills_a_gap_from_the_most_similar_face():
    keypoints = varied_faces(40).keypoints.copy()
    keypoints[7] = keypoints[20] + 0.01
    keypoints[7, 4] = np.nan
    imputed = impute(keypoints, "knn", neighbours=1)
    np.testing.assert_array_equal(imputed[7, 4], keypoints[20, 4])


def test_an_unknown_method_is_an_error():
    with pytest.raises(ValueError, match="mode"):
        impute(varied_faces(40).keypoints, "mode")


def test_regression_is_nearly_perfect_on_linear_faces_and_the_mean_is_not():
    pooled = pooled_scores(score_imputation(linear_faces(), 0.1, 5, seed=0))
    assert pooled.index[0] == "iterative"
    assert pooled["iterative"] < 0.1
    assert pooled["mean"] > 2


def test_every_method_scores_zero_if_all_faces_are_the_same():
    faces = varied_faces(40)
    alike = np.repeat(faces.keypoints[:1], 40, axis=0)
    pooled = pooled_scores(score_imputation(replace(faces, keypoints=alike), 0.1, 5, seed=0))
    assert set(pooled.index) == set(METHODS)
    assert pooled.max() < 1e-4


def test_all_methods_are_scored_on_the_same_share_of_every_keypoint():
    scores = score_imputation(varied_faces(50), 0.2, 5, seed=1)
    by_keypoint = scores.pivot(index="keypoint", columns="method", values="hidden_values")
    assert set(by_keypoint.drop(ALL_KEYPOINTS).to_numpy().ravel()) == {2 * 10}
    assert set(by_keypoint.loc[ALL_KEYPOINTS]) == {2 * 10 * 15}


def test_the_pooled_score_is_the_root_mean_square_of_the_keypoints_scores():
    scores = score_imputation(varied_faces(50), 0.2, 5, seed=1)
    mean = scores[scores["method"] == "mean"].set_index("keypoint")["rmse"]
    each = mean.drop(ALL_KEYPOINTS)
    assert mean[ALL_KEYPOINTS] == pytest.approx(np.sqrt((each**2).mean()))


def test_the_same_seed_gives_the_same_scores():
    faces = varied_faces(50)
    first, again, other = (score_imputation(faces, 0.1, 5, seed) for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)


def test_the_repeat_of_an_image_does_not_reveal_a_hidden_label():
    faces = varied_faces(40)
    # Unrelated keypoints: only the repeat of a face could tell where they are.
    random = np.random.default_rng(0).uniform(0, 95, (40, 15, 2)).astype(np.float32)
    once = replace(faces, keypoints=random)
    twice = once[np.repeat(np.arange(40), 2)]
    pooled = pooled_scores(score_imputation(twice, 0.1, 1, seed=0))
    assert pooled["knn"] > 20
