"""Runs that are evaluated together."""

import shutil

import numpy as np
import pytest
from support.small_runs import CPU, NO_TTA

from kaggle_fkd.config import PredictConfig
from kaggle_fkd.evaluation.evaluate import evaluate_runs
from kaggle_fkd.evaluation.out_of_fold import out_of_fold
from kaggle_fkd.metrics import rmse
from kaggle_fkd.networks import build_network
from kaggle_fkd.runs.run import open_run


def test_the_runs_of_an_evaluation_are_weighted_and_scored_together(crossed_run, competition):
    faces = competition.train
    evaluated = evaluate_runs([crossed_run], faces, CPU, PredictConfig())
    expected = out_of_fold(crossed_run, faces, CPU, PredictConfig())
    np.testing.assert_allclose(evaluated.predicted, expected, atol=1e-4)
    name, summary = crossed_run.name, evaluated.summary
    assert summary["members"] == {name: 3} and not summary["weights_fitted_to_these_labels"]
    assert summary["weights"] == {name: {"A": 1.0, "B": 1.0}}
    assert summary["rmse_of_each"][name] == pytest.approx(rmse(expected[..., :2], faces.keypoints))
    once = PredictConfig(tta_flip=False, tta_scale=0)  # in the same precision
    single = rmse(out_of_fold(crossed_run, faces, CPU, once)[..., :2], faces.keypoints)
    assert summary["rmse_without_tta"][name] == pytest.approx(single)


def test_of_an_untrained_run_and_a_trained_one_the_weights_choose_the_trained_one(
    crossed_run, competition, tmp_path
):
    untrained = open_run(shutil.copytree(crossed_run.folder, tmp_path / "untrained"))
    for member in untrained.members:
        network = build_network(member.config.train.model, member.shape)
        member.finish(network.state_dict(), member.summary)  # so it answers with the centre
    faces = competition.train
    evaluated = evaluate_runs([crossed_run, untrained], faces, CPU, NO_TTA)
    weights = evaluated.summary["weights"]
    for convention in ("A", "B"):
        assert weights[crossed_run.name][convention] > 0.8 > 0.2 > weights["untrained"][convention]
    assert evaluated.summary["weights_fitted_to_these_labels"]
    together = rmse(evaluated.predicted[..., :2], faces.keypoints)
    assert together < evaluated.summary["rmse_of_each"]["untrained"]
