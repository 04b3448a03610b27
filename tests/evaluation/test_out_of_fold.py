"""Out-of-fold predictions of the training faces."""

import shutil

import numpy as np
import pytest
from support.small_runs import CPU, NO_TTA

from kaggle_fkd.config import PredictConfig
from kaggle_fkd.evaluation.out_of_fold import out_of_fold
from kaggle_fkd.metrics import rmse_by_convention
from kaggle_fkd.prediction.members import predict_faces, predict_member
from kaggle_fkd.runs.run import open_run
from kaggle_fkd.system.files import write_json
from kaggle_fkd.training.folds import assign_folds


def test_each_face_is_predicted_by_the_member_that_held_it_out(crossed_run, competition):
    faces = competition.train
    predicted = out_of_fold(crossed_run, faces, CPU, PredictConfig())
    fold_of = assign_folds(faces, 3, seed=0)
    assert np.isfinite(predicted).all()
    for member in crossed_run.members:
        chosen = fold_of == member.index
        own = predict_member(member, faces[chosen], CPU, PredictConfig())
        np.testing.assert_allclose(predicted[chosen], own, atol=1e-4)
        others = predict_member(crossed_run.member((member.index + 1) % 3), faces[chosen], CPU,
                                PredictConfig())  # fmt: skip
        assert np.abs(predicted[chosen] - others).max() > 0.01


def test_the_scores_of_the_members_are_those_of_their_folds(crossed_run, competition):
    faces = competition.train
    predicted = out_of_fold(crossed_run, faces, CPU, NO_TTA)
    fold_of = assign_folds(faces, 3, seed=0)
    for member in crossed_run.members:
        chosen = fold_of == member.index
        scores = rmse_by_convention(predicted[chosen][..., :2], faces[chosen])
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


def test_faces_that_a_run_cannot_predict_have_no_score_either(crossed_run, competition, tmp_path):
    copied = open_run(shutil.copytree(crossed_run.folder, tmp_path / "copied"))
    for member in copied.members:
        write_json(member.summary_file, {**member.summary, "conventions": ["A"]})
    of_a = competition.train.convention == 0
    for predicted in (
        out_of_fold(copied, competition.train, CPU, NO_TTA),
        predict_faces(copied, competition.train, CPU, NO_TTA),
    ):
        assert np.isfinite(predicted[of_a]).all() and np.isnan(predicted[~of_a]).all()
