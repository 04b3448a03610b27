"""Expected errors compared with measured ones."""

import numpy as np
import pandas as pd
import pytest
from support.made_up_faces import make_faces

from kaggle_fkd.evaluation.expected_errors import (
    BINS,
    expected_error_figure,
    expected_error_table,
    write_expected_errors,
)
from kaggle_fkd.keypoints import KAGGLE15


@pytest.fixture
def honest():
    """Faces, and predictions whose errors are on average what they expect."""
    faces = make_faces(300)
    rng = np.random.default_rng(0)
    expected = rng.uniform(0.5, 4, (300, 15, 1))
    noise = rng.normal(0, 1, faces.keypoints.shape) * expected / np.sqrt(np.pi / 2)
    return faces, np.concatenate([faces.keypoints + noise, expected], axis=-1)


def test_the_table_has_all_keypoints_the_groups_and_the_bins(honest, tmp_path):
    faces, predicted = honest
    (line,) = write_expected_errors(tmp_path, predicted, faces)
    table = pd.read_csv(tmp_path / "expected_errors.csv").set_index("keypoints")
    bins = [f"bin {number}" for number in range(1, BINS + 1)]
    assert list(table.index) == ["all", *KAGGLE15.groups, *bins]
    assert table.loc["all", "labels"] == faces.labelled.sum() == table.loc[bins, "labels"].sum()
    assert table.loc[bins, "expected"].is_monotonic_increasing
    np.testing.assert_allclose(table.loc[bins, "measured"], table.loc[bins, "expected"], rtol=0.15)
    # Of errors with normal x and y, exp(-pi) are more than twice as long as the mean.
    assert table.loc["all", "within"] == pytest.approx(1 - np.exp(-np.pi), abs=0.01)
    assert table.loc["all", "rank_correlation"] > 0.5
    title, note = (text.get_text() for text in expected_error_figure(table.reset_index()).texts)
    within = 100 * table.loc["all", "within"]
    assert title == f"Errors within 2 times the expected one: {within:.1f} %"
    assert "Rank correlation" in note
    assert "within 2 times" in line and (tmp_path / "expected_errors.png").stat().st_size > 10_000


def test_errors_that_do_not_follow_the_expected_ones_have_no_rank_correlation(honest):
    faces, predicted = honest
    predicted[..., 2] = (
        np.random.default_rng(1).permutation(predicted[..., 2].ravel()).reshape(predicted.shape[:2])
    )
    table = expected_error_table(predicted, faces)
    assert abs(table.iloc[0]["rank_correlation"]) < 0.1


def test_too_few_labels_give_no_table(honest, tmp_path):
    faces, predicted = honest
    faces.keypoints[1:] = np.nan
    faces.keypoints[0, 9:] = np.nan
    assert write_expected_errors(tmp_path, predicted, faces) == []
    assert not list(tmp_path.iterdir())
