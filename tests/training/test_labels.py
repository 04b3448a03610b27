"""Missing labels, label conventions, folds, losses and errors over what is known."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.made_up_faces import make_faces

from kaggle_fkd.config import AugmentConfig, Config, TrainConfig
from kaggle_fkd.errors import DataError, UsageError
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.metrics import rmse, rmse_by_convention, rmse_by_keypoint
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.training.folds import assign_folds
from kaggle_fkd.training.labels import (
    apply_label_policy,
    network_shape,
    targets_by_head,
    trainable,
)
from kaggle_fkd.training.loss import masked_loss, squares_and_count

LOSSES = ("mse", "smooth_l1", "l1")


def test_missing_labels_have_no_gradient_and_no_weight():
    predicted = torch.zeros(2, 3, 2, requires_grad=True)
    target = torch.full((2, 3, 2), torch.nan)
    target[0, 1] = torch.tensor([3.0, 1.0])
    loss = masked_loss("mse", predicted, target, torch.ones(2))
    assert loss.item() == pytest.approx(5.0)
    loss.backward()
    assert predicted.grad.isfinite().all()
    assert predicted.grad.count_nonzero() == 2
    assert squares_and_count(predicted, target).tolist() == pytest.approx([10, 2])


@pytest.mark.parametrize("name", LOSSES)
def test_a_batch_without_labels_has_no_loss(name):
    predicted = torch.zeros(2, 3, 2, requires_grad=True)
    loss = masked_loss(name, predicted, torch.full((2, 3, 2), torch.nan), torch.ones(2))
    loss.backward()
    assert loss.item() == 0 and predicted.grad.count_nonzero() == 0


@pytest.mark.parametrize("name", LOSSES)
def test_the_loss_is_weighted_by_face(name):
    predicted, target = torch.zeros(2, 3, 2, requires_grad=True), torch.full((2, 3, 2), 2.0)
    target[1] = 5.0
    first, second = (masked_loss(name, predicted[[i]], target[[i]], torch.ones(1)) for i in (0, 1))
    even = masked_loss(name, predicted, target, torch.tensor([4.0, 4.0]))
    assert even.item() == pytest.approx((first.item() + second.item()) / 2)
    uneven = masked_loss(name, predicted, target, torch.tensor([3.0, 1.0]))
    assert uneven.item() == pytest.approx((3 * first.item() + second.item()) / 4)
    masked_loss(name, predicted, target, torch.tensor([1.0, 0.0])).backward()
    assert predicted.grad[0].count_nonzero() == 6 and predicted.grad[1].count_nonzero() == 0


def test_every_head_learns_the_agreed_keypoints_of_all_faces_and_all_of_its_own():
    keypoints = torch.rand(4, 15, 2) * 95
    keypoints[2, 0] = torch.nan
    shape = NetworkShape(96, 96, keypoints=15, heads=2, mirrored=True)
    conventions, mirrored = torch.tensor([0, 1, 1, 0]), torch.tensor([0, 0, 1, 1])
    heads = shape.mirrored_head_index(conventions, mirrored)
    assert heads.tolist() == [0, 1, 3, 2]
    targets = targets_by_head(keypoints, heads, shape, KAGGLE15)
    agreed = list(KAGGLE15.agreed)
    others = [k for k in range(15) if k not in agreed]
    for face, head in enumerate(heads.tolist()):
        torch.testing.assert_close(targets[face, head], keypoints[face], equal_nan=True)
        other = targets[face, head ^ 1]
        torch.testing.assert_close(other[agreed], keypoints[face, agreed], equal_nan=True)
        assert other[others].isnan().all()
        assert targets[face, [head ^ 2, head ^ 3]].isnan().all()  # those of the mirror image
    # A head alone learns everything.
    alone = NetworkShape(96, 96, keypoints=15, heads=1)
    index = alone.mirrored_head_index(torch.zeros_like(heads), mirrored)
    learnt = targets_by_head(keypoints, index, alone, KAGGLE15)
    torch.testing.assert_close(learnt[:, 0], keypoints, equal_nan=True)


def test_rmse_is_pooled_over_the_known_coordinates():
    faces = make_faces(4)
    keypoints = faces.keypoints.copy()
    keypoints[0], keypoints[1, 1:] = np.nan, np.nan
    convention = np.array([0, 0, 1, 1], np.int8)
    faces = replace(faces, keypoints=keypoints, convention=convention)
    predicted = np.where(np.isfinite(keypoints), keypoints, 7)
    predicted[1] += 3
    predicted[2] += 1
    scores = rmse_by_convention(predicted, faces)
    assert scores["A"] == pytest.approx(3, rel=1e-4)
    assert scores["B"] == pytest.approx(math.sqrt(1 / 2), rel=1e-4)
    assert scores["all"] == pytest.approx(math.sqrt((2 * 9 + 30) / 62), rel=1e-4)
    assert math.isnan(rmse(predicted[:1], keypoints[:1]))
    of_keypoint = rmse_by_keypoint(predicted, faces)
    assert set(of_keypoint["A"]) == {KAGGLE15.names[0]}
    assert len(of_keypoint["B"]) == len(KAGGLE15.conventions[1].keypoints)


@given(seed=st.integers(0, 1000), folds=st.integers(2, 6))
def test_no_image_is_in_two_folds_and_every_fold_has_both_conventions(seed, folds):
    faces = make_faces(60, seed % 7)
    images = faces.images.copy()
    repeats = np.random.default_rng(seed).integers(0, 60, (10, 2))
    images[repeats[:, 0]] = images[repeats[:, 1]]
    convention = (np.arange(60) >= 30).astype(np.int8)
    faces = replace(faces, images=images, convention=convention)
    fold_of, groups = assign_folds(faces, folds, seed), faces.repeat_groups()
    assert set(fold_of) == set(range(folds))
    for group in np.unique(groups):
        assert len(set(fold_of[groups == group])) == 1
    for fold in range(folds):
        assert set(convention[fold_of == fold]) == {0, 1}


def test_faces_that_a_network_labelled_are_in_no_fold_and_leave_the_others_alone():
    faces = make_faces(60)
    predicted = np.arange(60) % 3 == 1
    mixed = replace(faces, predicted=predicted)
    fold_of = assign_folds(mixed, 4, seed=0)
    assert (fold_of[predicted] == -1).all()
    np.testing.assert_array_equal(fold_of[~predicted], assign_folds(faces[~predicted], 4, seed=0))
    assert mixed.digest() != faces.digest()


def test_labels_of_networks_are_not_counted_for_folds():
    faces = replace(make_faces(40), predicted=np.arange(40) >= 10)
    with pytest.raises(DataError, match=r"^10 .*without faces that a network labelled"):
        assign_folds(faces, folds=10, seed=0)


def test_too_few_faces_for_the_folds_are_rejected():
    with pytest.raises(DataError, match="too few"):
        assign_folds(make_faces(5), folds=10, seed=0)


def test_imputed_labels_fill_every_gap_and_change_no_known_one(competition):
    faces = competition.train
    filled = apply_label_policy(faces, "imputed")
    known = np.isfinite(faces.keypoints)
    assert np.isfinite(filled.keypoints).all()
    assert np.array_equal(filled.keypoints[known], faces.keypoints[known])
    of_a = np.nanmean(faces.keypoints[:, 4], axis=0)
    row = int(np.argmin(known[:, 4, 0]))
    assert filled.keypoints[row, 4] == pytest.approx(of_a, rel=1e-5)


def test_complete_keeps_only_faces_with_every_keypoint(competition):
    complete = apply_label_policy(competition.train, "complete")
    assert 0 < len(complete) < len(competition.train)
    assert complete.labelled.all()
    with pytest.raises(DataError, match="no training face has all keypoints"):
        apply_label_policy(competition.train.in_convention(1), "complete")


def test_faces_keep_their_weights_when_picked_and_treated(competition):
    faces = competition.train
    weighted = replace(faces, weight=np.arange(len(faces), dtype=np.float32))
    assert weighted[[5, 3]].weight.tolist() == [5, 3]
    complete = apply_label_policy(weighted, "complete")
    assert np.array_equal(complete.weight, np.flatnonzero(faces.labelled.all(axis=1)))
    assert weighted.digest() != faces.digest()


def test_only_one_convention_may_train(competition):
    faces = competition.train
    assert trainable(faces, TrainConfig()).all()
    for index, convention in enumerate(KAGGLE15.conventions):
        chosen = trainable(faces, TrainConfig(only_convention=convention.name))
        assert np.array_equal(chosen, faces.convention == index)
    with pytest.raises(UsageError, match=r"train\.only_convention=C.*choose one of A, B"):
        trainable(faces, TrainConfig(only_convention="C"))


def test_only_masked_labels_have_heads_for_conventions_and_sides():
    faces = make_faces()
    assert network_shape(faces, Config()) == NetworkShape(96, 96, 15, 2, mirrored=True)
    for labels in ("imputed", "complete"):
        shape = network_shape(faces, Config(TrainConfig(labels=labels)))
        assert shape == NetworkShape(96, 96, 15, 1)
    one = network_shape(faces, Config(TrainConfig(heads="shared")))
    assert one == NetworkShape(96, 96, 15, 1, mirrored=True)
    for config in (Config(TrainConfig(mirror_heads=False)), Config(augment=AugmentConfig(flip=0))):
        assert network_shape(faces, config).total_heads == 2
