"""Train, cross-validate and predict: a complete experiment in a call each."""

import shutil

import numpy as np
import pytest
import torch
from support.made_up_faces import varied_faces
from support.small_runs import CPU, interrupted_in_epoch, new_run, quick

from kaggle_fkd.competition.sample import sample_faces
from kaggle_fkd.config import PredictConfig
from kaggle_fkd.errors import DataError, RunError, UsageError
from kaggle_fkd.evaluation.out_of_fold import out_of_fold
from kaggle_fkd.experiment import cross_validate, ensemble_weights, predict, train, train_each
from kaggle_fkd.prediction.members import predict_faces
from kaggle_fkd.runs.find import runs_in
from kaggle_fkd.runs.run import open_run

SETTINGS = {"train.model": "lenet", "train.epochs": 2, "train.folds": 3, "train.batch_size": 32}


@pytest.fixture(scope="module")
def faces():
    return varied_faces(30, 20)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, faces):
    """A run of one member; tests must not write into it."""
    return train(faces, SETTINGS, runs_dir=tmp_path_factory.mktemp("runs"))


@pytest.fixture
def copied(trained, tmp_path):
    """The same, to write into."""
    return open_run(shutil.copytree(trained.folder, tmp_path / trained.name))


def test_a_trained_run_has_weights_results_and_a_learning_curve(trained):
    assert {path.name for path in trained.folder.iterdir()} == {"run.json", "member-00"}
    files = {path.name for path in trained.member(0).folder.iterdir()}
    expected = {"metrics.csv", "learning_curve.png", "weights.safetensors", "summary.json"}
    assert {name for name in files if not name.startswith(".")} == expected
    assert trained.finished and not trained.sample_faces
    assert trained.config.train.epochs == 2 and trained.config.train.model == "lenet"


@pytest.mark.slow
def test_nothing_is_trained_twice_and_more_members_extend_the_run(copied, faces):
    runs_dir, weights = copied.folder.parent, copied.member(0).weights_file
    before = weights.stat().st_mtime_ns
    assert train(faces, SETTINGS, runs_dir=runs_dir).folder == copied.folder
    more = train(faces, {**SETTINGS, "train.members": 2}, runs_dir=str(runs_dir))
    assert more.folder == copied.folder and len(more.members) == 2
    assert weights.stat().st_mtime_ns == before
    other = train(faces, {**SETTINGS, "train.seed": 1}, runs_dir=runs_dir)
    assert {run.name for run in runs_in(runs_dir)} == {copied.name, other.name}


def test_an_interrupted_training_is_continued_by_the_same_call(tmp_path, faces, trained, capsys):
    with interrupted_in_epoch(2), pytest.raises(KeyboardInterrupt):
        train(faces, SETTINGS, runs_dir=tmp_path)
    run = train(faces, SETTINGS, runs_dir=tmp_path)
    assert [each.name for each in runs_in(tmp_path)] == [run.name] and run.finished
    assert "continuing after epoch 1" in capsys.readouterr().err
    again, at_once = run.member(0).weights_file, trained.member(0).weights_file
    assert again.read_bytes() == at_once.read_bytes()


def test_what_a_call_that_was_killed_after_the_training_left_is_tidied_up(copied, faces):
    member, runs_dir = copied.member(0), copied.folder.parent
    drawn = member.curve_file.read_bytes()
    member.curve_file.unlink()
    member.state_file.write_bytes(b"of the last epoch")
    assert train(faces, SETTINGS, runs_dir=runs_dir).folder == copied.folder
    assert member.curve_file.read_bytes() == drawn and not member.state_file.exists()


def test_an_experiment_leaves_the_callers_random_numbers_as_they_were(tmp_path, faces):
    torch.manual_seed(99)
    np.random.seed(99)  # noqa: NPY002  # the state that must not change
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1]  # noqa: NPY002
    run = train(faces, {**SETTINGS, "train.epochs": 1}, runs_dir=tmp_path)
    predict(run, faces)
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002


@pytest.mark.parametrize(
    ("settings", "preset", "error", "message"),
    [
        ({"train.epoch": 3}, "cpu", UsageError, "did you mean train.epochs"),
        ({"train.epochs": 0}, "cpu", UsageError, "out of range"),
        ({}, "huge", UsageError, "there is no preset 'huge'"),
        ({"train.folds": 40}, "cpu", DataError, "too few for 40 folds"),
        ({"epochs": 3}, "cpu", UsageError, "did you mean train.epochs"),
        ({"predict.tta_scale": 0}, "cpu", UsageError, "not a setting of training"),
    ],
)
def test_what_cannot_be_trained_leaves_nothing(tmp_path, faces, settings, preset, error, message):
    runs_dir = tmp_path / "runs"
    with pytest.raises(error, match=message):
        train(faces, settings, preset, runs_dir)
    assert not runs_dir.exists()


def test_a_run_of_generated_faces_is_known_by_their_pixels(tmp_path):
    drawn = sample_faces(30, seed=0)
    settings = {"train.model": "lenet", "train.epochs": 1, "train.folds": 3}
    assert train(drawn, settings, runs_dir=tmp_path).sample_faces


@pytest.mark.slow
def test_each_of_several_networks_has_a_run_of_its_own(tmp_path, faces):
    runs = train_each(
        faces, ["lenet", "gridnet_xs"], {**SETTINGS, "train.epochs": 1}, runs_dir=tmp_path
    )
    assert list(runs) == ["lenet", "gridnet_xs"]
    assert {name: run.config.train.model for name, run in runs.items()} == {
        "lenet": "lenet", "gridnet_xs": "gridnet_xs"
    }  # fmt: skip
    assert all(run.finished and run.config.train.folds == 3 for run in runs.values())


@pytest.mark.slow
def test_a_cross_validation_trains_the_members_that_are_missing(copied, faces):
    predicted = cross_validate(copied, faces)
    assert copied.cross_validated and len(copied.members) == 3
    assert np.isfinite(predicted).all()
    expected = out_of_fold(copied, faces, CPU, PredictConfig())
    np.testing.assert_array_equal(predicted, expected)
    with pytest.raises(RunError, match="different data set"):
        cross_validate(copied, faces[:30])


@pytest.mark.slow
def test_a_prediction_is_the_mean_over_all_networks_unless_the_runs_have_weights(
    copied, faces, tmp_path
):
    two = train(faces, {**SETTINGS, "train.seed": 1, "train.members": 2}, runs_dir=tmp_path)
    one = copied
    config = PredictConfig(tta_scale=0)
    first, second = (predict_faces(run, faces, CPU, config) for run in (one, two))
    np.testing.assert_allclose(predict(one, faces, config=config), first, atol=1e-4)
    together = predict([one, two], faces, config=config)
    np.testing.assert_allclose(together, (first + 2 * second) / 3, atol=1e-4)
    weights = np.array([[0.25, 0.75], [1.0, 0.0]])  # a row for each convention
    weighted = predict([one, two], faces, config=config, weights=weights)
    share = weights[faces.convention][:, :, None, None]
    expected = share[:, 0] * first + share[:, 1] * second
    np.testing.assert_allclose(weighted, expected, atol=1e-4)


@pytest.mark.slow
def test_faces_of_a_convention_that_no_run_was_trained_for_are_refused(trained, faces, tmp_path):
    only_b = train(
        faces, {**SETTINGS, "train.only_convention": "B", "train.folds": 2}, runs_dir=tmp_path
    )
    assert np.isfinite(predict(only_b, faces.in_convention(1))).all()
    with pytest.raises(RunError, match="not trained for convention A") as caught:
        predict(only_b, faces)
    assert only_b.name in caught.value.problem
    assert np.isfinite(predict([only_b, trained], faces)).all()


def test_a_convention_of_which_no_face_was_learnt_is_refused(faces, tmp_path):
    only_a = train(faces.in_convention(0), SETTINGS, runs_dir=tmp_path)
    with pytest.raises(RunError, match="not trained for convention B"):
        predict(only_a, faces)


@pytest.mark.parametrize("labels", ["complete", "imputed"])
def test_a_baseline_with_one_head_predicts_every_convention(faces, tmp_path, labels):
    run = train(faces, {**SETTINGS, "train.epochs": 1, "train.labels": labels}, runs_dir=tmp_path)
    assert np.isfinite(predict(run, faces)).all()


def test_a_shared_head_is_refused_for_faces_that_its_training_left_out(faces, tmp_path):
    settings = {**SETTINGS, "train.only_convention": "A", "train.heads": "shared"}
    only_a = train(faces, settings, runs_dir=tmp_path)
    with pytest.raises(RunError, match="not trained for convention B"):
        predict(only_a, faces)


def test_nothing_is_trained_when_a_fold_has_nothing_to_be_validated_on(tmp_path):
    few = varied_faces(30, 2)
    run = train(few, {**SETTINGS, "train.only_convention": "B"}, runs_dir=tmp_path)
    with pytest.raises(DataError, match="no labelled face"):
        cross_validate(run, few)
    assert len(run.members) == 1
    with pytest.raises(UsageError, match="jobs=0"):
        cross_validate(run, few, jobs=0)


@pytest.mark.slow
def test_weights_are_fitted_to_cross_validated_runs_alone(copied, faces, tmp_path, capsys):
    assert np.array_equal(ensemble_weights([copied], faces), np.ones((2, 1)))
    other = train(faces, {**SETTINGS, "train.seed": 1, "train.members": 3}, runs_dir=tmp_path)
    capsys.readouterr()
    weights = ensemble_weights([copied, other], faces)
    np.testing.assert_allclose(weights, [[0.25, 0.75]] * 2)  # 1 network and 3
    assert "warning: all networks have the same weight" in capsys.readouterr().err
    cross_validate(copied, faces)
    weights = ensemble_weights([copied, other], faces)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-3)
    assert (weights >= 0).all() and not np.allclose(weights, 0.5)
    assert "same weight" not in capsys.readouterr().err
    fewer = faces[:-1]  # on which neither was trained
    np.testing.assert_allclose(ensemble_weights([copied, other], fewer), 0.5)
    err = capsys.readouterr().err
    assert f"same weight, because {copied.name} was trained on a different data set" in err


def test_run_directories_predict_as_their_runs_do(trained, faces):
    expected = predict(trained, faces)
    for runs in (trained.folder, str(trained.folder), [trained, trained.folder]):
        np.testing.assert_allclose(predict(runs, faces), expected, atol=1e-4)
    with pytest.raises(UsageError, match="no run to predict with"):
        predict([], faces)
    with pytest.raises(RunError, match="gone: there is no such run directory"):
        predict("gone", faces)


def test_an_untrained_run_predicts_nothing(tmp_path, faces):
    with pytest.raises(RunError, match="none of its networks"):
        predict(new_run(tmp_path, quick()), faces)
