"""Networks and their trainings side by side."""

import pytest

from kaggle_fkd.errors import RunError, UsageError
from kaggle_fkd.inspection.comparison import (
    compare_members,
    compare_runs,
    network_table,
    score_comparison,
)
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.runs.run import Run

SHAPE = NetworkShape(96, 96, keypoints=15, heads=1)


def test_the_table_of_networks_says_how_large_they_are_and_what_a_face_costs():
    table = network_table(SHAPE, ["lenet", "cnn"])
    assert list(table.index) == ["lenet", "cnn"]
    assert table.loc["lenet", "parameters, M"] == pytest.approx(0.86, abs=0.02)
    assert table.loc["lenet", "multiply-adds, M"] == pytest.approx(6.5, abs=0.2)
    with pytest.raises(UsageError, match="lenet"):
        network_table(SHAPE, ["lenett"])


def test_runs_are_compared_by_the_scores_of_their_first_members(crossed_run):
    table = score_comparison({"one": crossed_run, "another": crossed_run})
    summary = crossed_run.member(0).summary
    assert list(table.index) == ["one", "another"]
    assert list(table) == ["rmse all", "rmse A", "rmse B"]
    assert table.loc["one", "rmse all"] == summary["validation_rmse"]["all"]
    texts = [text.get_text() for text in compare_runs({"one": crossed_run}).axes[0].texts]
    assert texts == [f"one {summary['validation_rmse']['all']:.2f}"]


def test_the_members_of_a_run_are_compared_by_the_folds_that_they_held_out(crossed_run):
    texts = [text.get_text() for text in compare_members(crossed_run).axes[0].texts]
    assert {text[:6] for text in texts} == {"fold 0", "fold 1", "fold 2"}


def test_without_runs_there_is_nothing_to_compare():
    with pytest.raises(UsageError, match="no run to compare"):
        score_comparison({})


def test_a_run_without_a_finished_member_cannot_be_compared(tmp_path, crossed_run):
    empty = Run(tmp_path, crossed_run.record)
    with pytest.raises(RunError, match="none of its networks"):
        score_comparison({"empty": empty})
    with pytest.raises(RunError, match="none of its networks"):
        compare_runs({"empty": empty})
