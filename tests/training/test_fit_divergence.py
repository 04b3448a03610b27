"""Trainings that lead nowhere: they are stopped, or warned of, in comparison with the mean face."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.made_up_faces import varied_faces
from support.small_runs import CPU, NO_AUGMENTATION, new_run, quick, split, train_member

from kaggle_fkd.errors import RunError
from kaggle_fkd.metrics import rmse
from kaggle_fkd.training.keypoint_objective import KeypointObjective
from kaggle_fkd.training.summary import doubts_about

REMEDY = r"lower learning rate \(train\.lr\)"


@pytest.fixture(scope="module")
def faces():
    """Faces to train on, and those to validate."""
    return split(varied_faces(60, 40))


def rows(member):
    return len(member.metrics_file.read_text().splitlines()) - 1


@pytest.mark.parametrize("batch_size", [32, 500])
def test_a_loss_that_is_no_number_stops_with_a_remedy(tmp_path, faces, batch_size):
    train, validation = faces
    endless = replace(train, weight=np.full(len(train), np.inf, np.float32))
    member = new_run(tmp_path, quick(batch_size=batch_size)).member(0)
    with pytest.raises(RunError, match="no longer a number") as caught:
        train_member(member, endless, validation, CPU)
    assert member.name in caught.value.problem and "epoch 1" in caught.value.problem
    assert "lower learning rate (train.lr)" in caught.value.remedy
    assert not member.state_file.exists() and not member.finished


@pytest.mark.slow
def test_a_diverged_training_is_stopped_and_its_last_good_epoch_stays(tmp_path, faces, capsys):
    """In the first half of the epochs anything but NaN is good."""
    member = new_run(tmp_path, quick(lr=10.0, loss="mse", warmup=0.5)).member(0)
    with pytest.raises(RunError, match=f"has diverged: after epoch 3 .*{REMEDY}"):
        train_member(member, *faces, CPU)
    assert not member.finished and rows(member) == 2
    kept = member.state_file.read_bytes()
    capsys.readouterr()
    with pytest.raises(RunError, match="after epoch 3"):
        train_member(member, *faces, CPU)
    assert "continuing after epoch 2" in capsys.readouterr().err
    assert member.state_file.read_bytes() == kept and rows(member) == 2


def test_a_short_training_is_not_taken_for_diverged(tmp_path, faces):
    """It has 9 px, several times the mean face's RMSE."""
    member = new_run(tmp_path, quick(epochs=1)).member(0)
    assert train_member(member, *faces, CPU)["epochs"] == 1 and member.finished


@pytest.mark.slow
def test_lagging_statistics_of_batch_normalisation_are_not_taken_for_divergence(tmp_path, faces):
    """The validation RMSE is 200000, 12000, 500, 57, 27 and 9 px; 48 px are half the width."""
    config = quick(model="gridnet_xs", epochs=6, batch_size=16, lr=0.03)
    member = new_run(tmp_path, config).member(0)
    assert train_member(member, *faces, CPU)["validation_rmse"]["all"] < 48
    assert pd.read_csv(member.metrics_file)["val_rmse"].max() > 1000


def shifted_by_what_is_seen(faces):
    """Faces to the left of the others, by 20 pixels, where the picture is white there."""
    left = np.arange(len(faces)) % 2 == 0
    images = np.zeros_like(faces.images)
    images[left, :, :48], images[~left, :, 48:] = 255, 255
    shift = np.where(left, -10, 10).astype(np.float32)[:, None, None] * np.float32([1, 0])
    return replace(faces, images=images, keypoints=faces.keypoints + shift)


@pytest.mark.slow
@pytest.mark.parametrize(("epochs", "lr", "warned"), [(4, 6e-3, False), (1, 1e-12, True)])
def test_a_training_that_ends_worse_than_the_mean_face_is_warned_of(
    tmp_path, faces, capsys, epochs, lr, warned
):
    train, validation = map(shifted_by_what_is_seen, faces)
    config = replace(quick(epochs=epochs, lr=lr), augment=NO_AUGMENTATION)
    member = new_run(tmp_path, config).member(0)
    summary = train_member(member, train, validation, CPU)
    assert member.finished
    of_each = [train.in_convention(index).mean_keypoints() for index in (0, 1)]
    means = np.stack([of_each[index] for index in validation.convention])
    expected = rmse(means, validation.keypoints)
    assert summary["mean_face_rmse"] == pytest.approx(expected, rel=1e-5)
    assert (summary["validation_rmse"]["all"] > expected) == warned
    err = capsys.readouterr().err
    assert ("warning: " in err and "worse than the mean face" in err) == warned
    assert ("train.lr" in err) == warned
    assert any("worse than the mean face" in each for each in summary["doubts"]) == warned


@pytest.mark.parametrize(
    ("training", "validation", "expected"),
    [
        ([5, 3, 2.4], [4, 2, 2.2], []),
        ([5, 2, 2.6], [4, 2, 2], ["the training RMSE has risen from 2.000 px to 2.600 px"]),
        ([5, 3, 2], [4, 2, 3], ["the validation RMSE has risen from 2.000 px to 3.000 px"]),
    ],
)
def test_a_score_that_ends_far_above_its_lowest_is_a_doubt(
    tmp_path, faces, training, validation, expected
):
    member = new_run(tmp_path, quick()).member(0)
    objective = KeypointObjective(member.shape, member.config, *faces, CPU)
    epochs = [{"train_rmse": t, "val_rmse": v} for t, v in zip(training, validation, strict=True)]
    assert [*doubts_about(objective, epochs, 1.0)] == expected
