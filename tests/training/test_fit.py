"""Training one member: to the end, interrupted, killed, damaged."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from support.small_runs import (
    CPU,
    NO_AUGMENTATION,
    NO_TTA,
    QUICK,
    halved,
    interrupted_in_epoch,
    new_run,
    new_trainer,
    quick,
    split,
    train_all,
    train_member,
)

from kaggle_fkd.competition.sample.photograph import sample_faces
from kaggle_fkd.config import Config, PredictConfig, TrainConfig
from kaggle_fkd.errors import RunError
from kaggle_fkd.metrics import rmse
from kaggle_fkd.prediction.members import predict_member
from kaggle_fkd.runs.run import open_run
from kaggle_fkd.system.precision import Precision
from kaggle_fkd.training import checkpoint
from kaggle_fkd.training.trainer import seeded

CALIBRATION = "calibration"
"""The weights that are set after the training, from the validation faces."""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "epochs"), [("lenet", 6), ("cnn", 3), ("gridnet_xs", 10)])
def test_eight_faces_can_be_overfitted(tmp_path, name, epochs):
    """In ten steps an epoch: an epoch ends with a validation and a checkpoint."""
    faces = sample_faces(8, seed=3)
    faces = replace(faces, convention=np.array([0, 1] * 4, np.int8))
    ten_times = faces[np.tile(np.arange(8), 10)]
    train = TrainConfig(model=name, epochs=epochs, batch_size=8, lr=3e-3)
    member = new_run(tmp_path, Config(train, NO_AUGMENTATION)).member(0)
    assert train_member(member, ten_times, faces, CPU)["validation_rmse"]["all"] < 1.0


@pytest.fixture
def member(tmp_path):
    """The first member of a new run."""
    return new_run(tmp_path).member(0)


def weights_of(member):
    return dict(member.load_network(CPU).state_dict())


def metrics_of(member):
    rows = member.metrics_file.read_text().splitlines()
    return [row.rsplit(",", 1)[0] for row in rows]  # all but the seconds


def assert_same(member, other):
    """Bit-equal metrics and weights."""
    assert metrics_of(member) == metrics_of(other)
    weights = weights_of(other)
    for name, tensor in weights_of(member).items():
        assert torch.equal(tensor, weights[name]), name


@pytest.mark.slow
@pytest.mark.parametrize("model", ["naimishnet", "gridnet_xs"])  # with dropout, with BatchNorm
def test_a_resumed_training_ends_bit_equal_to_an_uninterrupted_one(tmp_path, competition, model):
    config = quick(model=model, epochs=3, batch_size=16)
    train, validation = split(halved(competition.train[::4]))
    complete, broken = (new_run(tmp_path, config, size=48).member(0) for _ in range(2))
    train_member(complete, train, validation, CPU)
    with interrupted_in_epoch(2), pytest.raises(KeyboardInterrupt):
        train_member(broken, train, validation, CPU)
    assert len(metrics_of(broken)) == 1 + 1  # the second epoch is lost
    torch.manual_seed(12345)  # another process has other random numbers
    reopened = open_run(broken.run_folder).member(0)
    assert not reopened.finished
    train_member(reopened, train, validation, CPU)
    assert_same(broken, complete)


@pytest.mark.slow
@pytest.mark.parametrize("writes", ["write_metrics", "atomic_path"])
def test_a_training_interrupted_while_its_last_epoch_is_stored_has_all_rows_when_resumed(
    tmp_path, competition, monkeypatch, writes
):
    train, validation = split(competition.train[::4])
    complete, broken = (new_run(tmp_path).member(0) for _ in range(2))
    train_member(complete, train, validation, CPU)
    write, calls = getattr(checkpoint, writes), []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == complete.config.train.epochs:
            raise KeyboardInterrupt
        return write(*arguments)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(checkpoint, writes, interrupted)
        train_member(broken, train, validation, CPU)
    train_member(broken, train, validation, CPU)
    assert_same(broken, complete)


KILLED = """
import os, signal, sys
from pathlib import Path
from kaggle_fkd.runs.run import open_run
from kaggle_fkd.competition.load import load_competition
from kaggle_fkd.system import console
from support.small_runs import at_the_end_of_epoch, split, train_member
console.set_up(quiet=False)
faces = load_competition(Path(sys.argv[2])).train[::2]
with at_the_end_of_epoch(2, lambda: os.kill(os.getpid(), signal.SIGKILL)):
    train_member(open_run(Path(sys.argv[1])).member(0), *split(faces))
"""


@pytest.mark.slow
def test_a_killed_training_resumes_and_ends_bit_equal(tmp_path, sample_dir, competition):
    train, validation = split(competition.train[::2])
    complete, killed = (new_run(tmp_path).member(0) for _ in range(2))
    train_member(complete, train, validation, CPU)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, killed.run_folder, sample_dir],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ended.returncode == -signal.SIGKILL and killed.state_file.exists()
    assert not killed.finished
    train_member(killed, train, validation, CPU)
    assert_same(killed, complete)


def test_the_log_names_the_precision_that_a_resumed_training_keeps(
    tmp_path, competition, monkeypatch, capfd
):
    run, faces = new_run(tmp_path, quick(epochs=2)), competition.train[::8]
    with monkeypatch.context() as elsewhere:
        fp16 = Precision("fp16", "another device")
        elsewhere.setattr("kaggle_fkd.training.trainer.precision_on", lambda *_: fp16)
        with interrupted_in_epoch(2), pytest.raises(KeyboardInterrupt):
            train_all(run, faces, 1)
    (member,) = train_all(run, faces, 1)
    named = re.findall(r"in ((?:fp|bf)\d+ \(.*\))", capfd.readouterr().err)
    assert named == ["fp16 (another device)", "fp16 (as before)"]
    assert member.summary["precision"] == "fp16"


@pytest.mark.slow
def test_the_weights_after_the_last_epoch_are_kept(member, competition):
    train, validation = split(competition.train)
    summary = train_member(member, train, validation, CPU)
    assert summary["epochs"] == QUICK.train.epochs == len(metrics_of(member)) - 1
    with seeded(member.seed, CPU):
        trainer = new_trainer(member, train)
        for epoch in range(QUICK.train.epochs):
            before = {name: tensor.clone() for name, tensor in trainer.weights().items()}
            trainer.run_epoch(epoch, after_step=lambda: None)
    last, moved = trainer.weights(), False
    for name, tensor in weights_of(member).items():
        if name != CALIBRATION:
            assert torch.equal(tensor, last[name]), name
        moved |= not torch.equal(tensor, before[name])
    assert moved
    predicted = predict_member(member, validation, CPU, NO_TTA)
    assert rmse(predicted[..., :2], validation.keypoints) == pytest.approx(
        summary["validation_rmse"]["all"], rel=1e-5
    )
    last_row = float(metrics_of(member)[-1].split(",")[3])
    assert summary["validation_rmse"]["all"] == pytest.approx(last_row, rel=1e-4)


@pytest.mark.slow
def test_the_validation_faces_decide_nothing_but_the_calibration(tmp_path, competition):
    train, validation = split(competition.train)
    first, second = (new_run(tmp_path).member(0) for _ in range(2))
    train_member(first, train, validation, CPU)
    train_member(second, train, validation[:5], CPU)
    others = weights_of(second)
    for name, tensor in weights_of(first).items():
        assert torch.equal(tensor, others[name]) == (name != CALIBRATION), name


@pytest.mark.parametrize(("only", "known"), [(None, ["A", "B"]), (1, ["B"])])
def test_a_training_says_which_label_conventions_it_learnt(member, competition, only, known):
    train, validation = split(competition.train[::3])
    chosen = train if only is None else train.in_convention(only)
    assert train_member(member, chosen, validation, CPU)["conventions"] == known
    assert member.summary["conventions"] == known


@pytest.mark.slow
def test_training_leaves_the_callers_random_numbers_as_they_were(member, competition):
    train, validation = split(competition.train[::3])
    torch.manual_seed(99)
    before = torch.get_rng_state()
    with interrupted_in_epoch(2), pytest.raises(KeyboardInterrupt):
        train_member(member, train, validation, CPU)
    assert torch.equal(torch.get_rng_state(), before)
    train_member(member, train, validation, CPU)  # resumes, and so reads a stored state
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.slow
def test_training_does_not_depend_on_the_callers_random_numbers(tmp_path, competition):
    config = quick(model="naimishnet", epochs=2)  # its dropout draws from the global generator
    train, validation = split(halved(competition.train[::3]))
    first, second = (new_run(tmp_path, config, size=48).member(0) for _ in range(2))
    for seed, each in enumerate((first, second)):
        torch.manual_seed(seed)
        train_member(each, train, validation, CPU)
    assert_same(first, second)


@pytest.mark.slow
@pytest.mark.parametrize("mirror_heads", [True, False])
def test_labels_off_to_one_side_are_learnt_in_spite_of_flips(tmp_path, competition, mirror_heads):
    """Of black faces, whose mirror images are the same, all labels are 2 pixels off the middle."""
    faces = competition.train[:96]
    noise = np.random.default_rng(0).normal(0, 0.5, faces.keypoints.shape)
    labels = np.where(np.isnan(faces.keypoints), np.nan, np.array([49.5, 47.5]) + noise)
    keypoints = labels.astype(np.float32)
    black = replace(faces, images=np.zeros_like(faces.images), keypoints=keypoints)
    settings = quick(epochs=8, batch_size=4, loss="mse", mirror_heads=mirror_heads)
    config = replace(settings, augment=replace(NO_AUGMENTATION, flip=0.5))
    member = new_run(tmp_path, config).member(0)
    train_member(member, black[:64], black[64:], CPU)
    for tta in (NO_TTA, PredictConfig(tta_scale=0)):
        predicted = predict_member(member, black, CPU, tta)
        bias = np.nanmean(keypoints - predicted[..., :2], axis=(0, 1))
        assert abs(bias[0]) < 0.4 if mirror_heads else bias[0] > 1


def test_faces_of_no_weight_train_nothing(competition, member):
    train, _ = split(competition.train)
    half = np.arange(len(train)) % 2 == 0
    wrong = train.keypoints.copy()
    wrong[~half] = 5
    trained = []
    for keypoints in (train.keypoints, wrong):
        faces = replace(train, keypoints=keypoints, weight=half.astype(np.float32))
        with seeded(member.seed, CPU):
            trainer = new_trainer(member, faces)
            # The mean face, where training starts, takes every label alike.
            trainer.network.mean_keypoints.fill_(48)
            before = {name: tensor.clone() for name, tensor in trainer.weights().items()}
            trainer.run_epoch(0, after_step=lambda: None)
        trained.append(trainer.weights())
    for name, tensor in trained[0].items():
        torch.testing.assert_close(tensor, trained[1][name])
    assert any(not torch.equal(before[name], trained[1][name]) for name in before)


def test_a_member_is_trained_by_one_process_at_a_time(member, competition):
    train, validation = split(competition.train)
    with member.locked(), pytest.raises(RunError, match="another process"):
        train_member(open_run(member.run_folder).member(0), train, validation, CPU)


@pytest.mark.slow
def test_a_damaged_state_is_named_and_starts_anew_when_deleted(member, competition):
    train, validation = split(competition.train)
    with interrupted_in_epoch(3), pytest.raises(KeyboardInterrupt):
        train_member(member, train, validation, CPU)
    whole = member.state_file.read_bytes()
    member.state_file.write_bytes(whole[:5000])
    with pytest.raises(RunError, match=r"state\.pt: the checkpoint is damaged"):
        train_member(member, train, validation, CPU)
    content = bytearray(whole)
    content[len(content) // 2] ^= 1  # of a number
    member.state_file.write_bytes(content)
    with pytest.raises(RunError, match=r"state\.pt: the checkpoint is damaged"):
        train_member(member, train, validation, CPU)
    member.state_file.unlink()
    member.state_file.mkdir()
    with pytest.raises(RunError, match=r"state\.pt: cannot be read") as caught:
        train_member(member, train, validation, CPU)
    assert "delete" not in caught.value.remedy
    member.state_file.rmdir()
    assert train_member(member, train, validation, CPU)["epochs"] == 4


@pytest.mark.slow
def test_damaged_weights_are_named(member, competition):
    train, validation = split(competition.train)
    train_member(member, train, validation, CPU)
    member.weights_file.write_bytes(member.weights_file.read_bytes()[:100])
    with pytest.raises(RunError, match=r"weights\.safetensors: these are not the weights"):
        member.load_network(CPU)
    member.weights_file.unlink()
    assert not member.finished
