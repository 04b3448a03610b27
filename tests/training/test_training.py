"""Training one member: to the end, interrupted, killed, damaged."""

import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from support.small_runs import CPU, NO_AUGMENTATION, QUICK, new_run, quick, split

from kaggle_fkd.competition.sample import sample_faces
from kaggle_fkd.config import Config, PredictConfig, TrainConfig
from kaggle_fkd.errors import RunError
from kaggle_fkd.metrics import rmse
from kaggle_fkd.prediction.members import NO_TTA, predict_member
from kaggle_fkd.runs.run import open_run
from kaggle_fkd.training.trainer import Trainer


@pytest.mark.parametrize(("name", "epochs"), [("lenet", 60), ("cnn", 30), ("gridnet", 90)])
def test_eight_faces_can_be_overfitted(tmp_path, name, epochs):
    faces = sample_faces(8, seed=3)
    faces = replace(faces, convention=np.array([0, 1] * 4, np.int8))
    train = TrainConfig(model=name, epochs=epochs, batch_size=8, lr=3e-3, ema=0.9)
    member = new_run(tmp_path, Config(train, NO_AUGMENTATION)).member(0)
    training = Trainer(member, faces, faces, CPU)
    assert training.fit()["validation_rmse"]["all"] < 1.0


@pytest.fixture
def member(tmp_path):
    """The first member of a new run."""
    return new_run(tmp_path).member(0)


def weights_of(member):
    return dict(member.load_network(CPU).state_dict())


def metrics_of(member):
    rows = (member.folder / "metrics.csv").read_text().splitlines()
    return [row.rsplit(",", 1)[0] for row in rows]  # all but the seconds


def assert_same(member, other):
    """Bit-equal metrics and weights."""
    assert metrics_of(member) == metrics_of(other)
    weights = weights_of(other)
    for name, tensor in weights_of(member).items():
        assert torch.equal(tensor, weights[name]), name


class Interrupted(Trainer):
    """Stops like Ctrl-C in the middle of the third epoch."""

    def _train_epoch(self, bar):
        if len(self.history) == 2:
            original = self.optimizer.step

            def step(*args):
                original(*args)
                raise KeyboardInterrupt

            self.optimizer.step = step
        return super()._train_epoch(bar)


@pytest.mark.parametrize("model", ["naimishnet", "gridnet"])  # with dropout, with BatchNorm
def test_a_resumed_training_ends_bit_equal_to_an_uninterrupted_one(tmp_path, competition, model):
    config = quick(model=model, batch_size=16)
    train, validation = split(competition.train[::3])
    whole, broken = (new_run(tmp_path, config).member(0) for _ in range(2))
    Trainer(whole, train, validation, CPU).fit()
    with pytest.raises(KeyboardInterrupt):
        Interrupted(broken, train, validation, CPU).fit()
    torch.manual_seed(12345)  # another process has other random numbers
    reopened = open_run(broken.run_folder).member(0)
    assert not reopened.finished
    Trainer(reopened, train, validation, CPU).fit()
    assert_same(broken, whole)


KILLED = """
import sys
from pathlib import Path
import torch
from kaggle_fkd.runs.run import open_run
from kaggle_fkd.competition.load import load_competition
from kaggle_fkd.training.trainer import Training
from kaggle_fkd.training.members import assign_folds
train = load_competition(Path(sys.argv[2])).train
held_out = assign_folds(train, 5, 0) == 0
member = open_run(Path(sys.argv[1])).member(0)
Training(member, train[~held_out], train[held_out], torch.device("cpu")).fit()
"""


def test_a_killed_training_resumes_and_ends_bit_equal(tmp_path, sample_dir, competition):
    config = quick(epochs=15)
    train, validation = split(competition.train)
    whole, killed = (new_run(tmp_path, config).member(0) for _ in range(2))
    Trainer(whole, train, validation, CPU).fit()
    process = subprocess.Popen([sys.executable, "-c", KILLED, killed.run_folder, sample_dir])
    while not killed.state_file.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not killed.finished
    Trainer(killed, train, validation, CPU).fit()
    assert_same(killed, whole)


def test_the_averaged_weights_after_the_last_epoch_are_kept(member, competition):
    train, validation = split(competition.train)
    training = Trainer(member, train, validation, CPU)
    summary = training.fit()
    assert summary["epochs"] == QUICK.train.epochs == len(metrics_of(member)) - 1
    averages = training.average.module.state_dict()
    moved = False
    for name, tensor in weights_of(member).items():
        assert torch.equal(tensor, averages[name]), name
        moved |= not torch.equal(tensor, training.network.state_dict()[name])
    assert moved
    predicted = predict_member(member, validation, CPU, NO_TTA)
    assert rmse(predicted, validation.keypoints) == pytest.approx(
        summary["validation_rmse"]["all"], rel=1e-5
    )
    last = float(metrics_of(member)[-1].split(",")[3])
    assert summary["validation_rmse"]["all"] == pytest.approx(last, rel=1e-4)


def test_the_validation_faces_decide_nothing(tmp_path, competition):
    train, validation = split(competition.train)
    first, second = (new_run(tmp_path).member(0) for _ in range(2))
    Trainer(first, train, validation, CPU).fit()
    Trainer(second, train, validation[:5], CPU).fit()
    others = weights_of(second)
    for name, tensor in weights_of(first).items():
        assert torch.equal(tensor, others[name]), name


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
    Trainer(member, black[:64], black[64:], CPU).fit()
    for views in (NO_TTA, PredictConfig(scale=0)):
        predicted = predict_member(member, black, CPU, views)
        bias = np.nanmean(keypoints - predicted, axis=(0, 1))
        assert abs(bias[0]) < 0.4 if mirror_heads else bias[0] > 1


def test_faces_of_no_weight_train_nothing(tmp_path, competition):
    train, validation = split(competition.train)
    half = np.arange(len(train)) % 2 == 0
    wrong = train.keypoints.copy()
    wrong[~half] = 5
    members = [new_run(tmp_path, quick(epochs=1)).member(0) for _ in range(2)]
    for member, keypoints in zip(members, (train.keypoints, wrong), strict=True):
        # The mean face, where training starts, takes every label alike.
        faces = replace(train, keypoints=keypoints, weight=half.astype(np.float32))
        training = Trainer(member, faces, validation, CPU)
        training.network.mean_keypoints.fill_(48)
        training.average.module.mean_keypoints.fill_(48)
        training.fit()
    others = weights_of(members[1])
    for name, tensor in weights_of(members[0]).items():
        torch.testing.assert_close(tensor, others[name])


@pytest.mark.parametrize("batch_size", [32, 500])
def test_a_loss_that_is_no_number_stops_with_a_remedy(tmp_path, competition, batch_size):
    train, validation = split(competition.train)
    member = new_run(tmp_path, quick(lr=1e3, batch_size=batch_size)).member(0)
    training = Trainer(member, train, validation, CPU)
    with torch.no_grad():
        for parameter in training.network.parameters():
            parameter.mul_(1e15)
    with pytest.raises(RunError, match="lower the learning rate"):
        training.fit()
    assert not member.state_file.exists()


def test_a_member_is_trained_by_one_process_at_a_time(member, competition):
    train, validation = split(competition.train)
    with member.locked(), pytest.raises(RunError, match="another process"):
        Trainer(open_run(member.run_folder).member(0), train, validation, CPU).fit()


def test_a_damaged_state_is_named_and_starts_anew_when_deleted(member, competition):
    train, validation = split(competition.train)
    with pytest.raises(KeyboardInterrupt):
        Interrupted(member, train, validation, CPU).fit()
    member.state_file.write_bytes(member.state_file.read_bytes()[:5000])
    with pytest.raises(RunError, match=r"state\.pt: damaged"):
        Trainer(member, train, validation, CPU).fit()
    member.state_file.unlink()
    assert Trainer(member, train, validation, CPU).fit()["epochs"] == 4


def test_damaged_weights_are_named(member, competition):
    train, validation = split(competition.train)
    Trainer(member, train, validation, CPU).fit()
    member.weights_file.write_bytes(member.weights_file.read_bytes()[:100])
    with pytest.raises(RunError, match=r"weights\.safetensors: no weights"):
        member.load_network(CPU)
    member.weights_file.unlink()
    assert not member.finished
