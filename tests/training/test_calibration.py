"""Expected errors: how they are learnt, and how they are calibrated."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.made_up_faces import make_faces
from support.small_runs import CPU, NO_TTA, new_run, quick, train_member

from kaggle_fkd.competition.sample.photograph import sample_faces
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.metrics import WITHIN, errors_over_expected
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.prediction.members import predict_member
from kaggle_fkd.training.calibration import COVERED, calibration
from kaggle_fkd.training.loss import error_loss

SHAPE = NetworkShape(96, 96, keypoints=15, heads=2, mirrored=True)


def test_the_loss_is_least_where_the_expected_error_is_the_median():
    distance = torch.tensor([[0.5, 1.0, 2.0, 4.0, 300.0]])
    losses = [
        float(error_loss(torch.full((1, 5), expected), distance, torch.ones(1)))
        for expected in (0.5, 1.0, 2.0, 4.0, 300.0)
    ]
    assert int(np.argmin(losses)) == 2


def test_missing_labels_and_errors_of_zero_leave_the_loss_a_number():
    errors = torch.ones(2, 3, requires_grad=True)
    distance = torch.tensor([[0.0, torch.nan, 1.0], [torch.nan] * 3])
    loss = error_loss(errors, distance, torch.ones(2))
    loss.backward()
    assert loss.isfinite() and errors.grad.isfinite().all()
    assert errors.grad[0, 1] == 0 and (errors.grad[1] == 0).all()


@pytest.fixture
def held_out():
    """Faces, and predictions that are off by twice as much at the mouth as they expect."""
    faces = make_faces(400)
    faces = replace(faces, convention=np.tile([0, 1], 200).astype(np.int8))
    spread = np.ones((400, 15, 1))
    spread[:, list(KAGGLE15.groups["mouth"])] = 2
    spread[faces.convention == 1] *= 3
    noise = np.random.default_rng(0).normal(0, 1, faces.keypoints.shape) * spread
    return faces, np.concatenate([faces.keypoints + noise, np.ones((400, 15, 1))], axis=-1)


def test_after_calibration_the_stated_share_of_the_errors_is_covered(held_out):
    faces, predicted = held_out
    factors = calibration(predicted, faces, faces.convention, SHAPE)
    assert factors.shape == (4, 15) and np.array_equal(factors[:2], factors[2:])
    predicted[..., 2] *= factors[faces.convention]
    within = errors_over_expected(predicted, faces.keypoints) <= WITHIN
    for head in range(2):
        for members in KAGGLE15.groups.values():
            share = within[faces.convention == head][:, list(members)].mean()
            assert share == pytest.approx(COVERED, abs=0.01)
    mouth, eye = KAGGLE15.groups["mouth"][0], KAGGLE15.groups["eyes"][0]
    assert factors[0, mouth] == pytest.approx(2 * factors[0, eye], rel=0.15)
    assert factors[1, eye] == pytest.approx(3 * factors[0, eye], rel=0.15)


def test_what_has_too_few_labels_is_calibrated_like_the_others(held_out):
    faces, predicted = held_out
    brows, eyes = (list(KAGGLE15.groups[name]) for name in ("brows", "eyes"))
    labels = faces.keypoints.copy()
    labels[:, brows] = np.nan
    factors = calibration(predicted, replace(faces, keypoints=labels), faces.convention, SHAPE)
    eye, mouth = factors[0, eyes[0]], factors[0, KAGGLE15.groups["mouth"][0]]
    assert eye < factors[0, brows[0]] < mouth  # that of all keypoints
    only_a = calibration(predicted, faces, np.zeros(400, np.int8), SHAPE)
    assert len(set(only_a[1])) == 1 and only_a[0].min() < only_a[1, 0] < only_a[0].max()
    few = slice(0, 2)
    assert (calibration(predicted[few], faces[few], faces.convention[few], SHAPE) == 1).all()


@pytest.mark.slow
def test_a_network_expects_larger_errors_where_labels_are_noisier(tmp_path):
    """The labels of the mouth are off by 4 pixels, the others by none."""
    faces = sample_faces(120, seed=3)
    mouth, eyes = (list(KAGGLE15.groups[name]) for name in ("mouth", "eyes"))
    keypoints = faces.keypoints.copy()
    noise = np.random.default_rng(0).normal(0, 4, keypoints[:, mouth].shape)
    keypoints[:, mouth] += noise.astype(np.float32)
    noisy = replace(faces, keypoints=keypoints)
    config = quick(model="gridnet_xs", epochs=6, batch_size=16, lr=3e-3)
    member = new_run(tmp_path, config).member(0)
    train_member(member, noisy[:90], noisy[90:], CPU)
    predicted = predict_member(member, noisy[90:], CPU, NO_TTA)
    assert predicted[:, mouth, 2].mean() > 1.3 * predicted[:, eyes, 2].mean()
    ratio = errors_over_expected(predicted, noisy[90:].keypoints)
    assert np.nanmean(ratio <= WITHIN) == pytest.approx(COVERED, abs=0.02)
