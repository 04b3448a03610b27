"""Labels that are off to one side: learnt in training, added to every prediction."""

from dataclasses import replace

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_runs import CPU, NO_AUGMENTATION, new_run, quick, split
from test_augmentation import blob, centroid

from kaggle_fkd.config import AugmentConfig
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.training.asymmetry import LabelAsymmetry
from kaggle_fkd.training.augmentation import augment
from kaggle_fkd.training.geometry import flip_keypoints
from kaggle_fkd.training.loop import Training
from kaggle_fkd.training.metrics import masked_loss

HEADS = torch.tensor([0, 1, 1, 0])
FLIPS = replace(NO_AUGMENTATION, flip=0.5)


def asymmetry(seed=None):
    """Of two heads: none yet, or a random one."""
    made = LabelAsymmetry(2, KAGGLE15)
    if seed is not None:
        torch.manual_seed(seed)
        torch.nn.init.normal_(made.offsets)
    return made


@given(st.integers(0, 10_000))
def test_a_mirror_turns_it_around(seed):
    offsets = asymmetry(seed)().detach()
    torch.testing.assert_close(flip_keypoints(offsets, KAGGLE15, width=1), -offsets)


@given(st.integers(0, 10_000))
def test_what_is_taken_off_labels_is_what_predictions_get_back(seed):
    made = asymmetry(seed)
    labels = torch.rand(4, 15, 2) * 96
    labels[1, 3] = torch.nan
    without = made.removed(labels, HEADS).detach()
    assert torch.equal(without.isnan(), labels.isnan())
    np.testing.assert_allclose(without.numpy() + made.of(HEADS), labels.numpy(), atol=1e-4)


@given(st.integers(0, 10_000))
@settings(max_examples=20)
def test_missing_labels_teach_nothing(seed):
    made, generator = asymmetry(), torch.Generator().manual_seed(seed)
    labels = torch.rand(4, 15, 2, generator=generator) * 60 + 18
    labels[:, [3, 5]] = torch.nan  # the eyes' outer corners, which change places
    wild = AugmentConfig(shear=0.1, perspective=0.1, elastic=0.02)
    _, target = augment(
        torch.zeros(4, 96, 96), made.removed(labels, HEADS), KAGGLE15, wild, generator
    )
    masked_loss("mse", torch.zeros(4, 15, 2), target, torch.ones(4)).backward()
    gradient = made.offsets.grad
    assert gradient.isfinite().all() and (gradient[:, [3, 5]] == 0).all()
    assert (gradient[:, [0, 1, 2, 4]].abs().sum(dim=(1, 2)) > 0).all()


def test_labels_beside_the_points_that_a_network_finds_are_learnt():
    generator = torch.Generator().manual_seed(0)
    places = [(40.0, 50.0), (55.0, 30.0), (30.0, 44.0), (60.0, 61.0)]
    images = torch.stack([blob(x, y) for x, y in places])
    aside = torch.tensor([0.8, 0.0])
    labels = torch.tensor(places)[:, None].repeat(1, 15, 1) + aside
    made = asymmetry()
    optimizer = torch.optim.Adam([made.offsets], lr=0.05)
    for _ in range(150):
        seen, target = augment(images, made.removed(labels, HEADS), KAGGLE15, FLIPS, generator)
        found = torch.tensor([centroid(image) for image in seen])[:, None].expand(-1, 15, -1)
        loss = masked_loss("smooth_l1", found, target, torch.ones(4))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    np.testing.assert_allclose(made.of(HEADS), np.tile(aside, (4, 15, 1)), atol=0.02)


def test_training_takes_it_off_the_labels_before_it_flips_them(tmp_path, competition):
    """On black pictures, whose mirror images are the same, nothing else explains the labels."""
    faces = competition.train
    middle_and_aside = np.float32([47.5 + 2, 47.5])
    labels = np.where(np.isnan(faces.keypoints), np.nan, middle_and_aside)
    black = replace(faces, images=np.zeros_like(faces.images), keypoints=labels)
    config = replace(quick(epochs=12, batch_size=4, lr=2e-2), augment=FLIPS)
    member = new_run(tmp_path, config).member(0)
    Training(member, black[:64], black[64:96], CPU).fit()
    learnt = member.load_network(CPU).label_asymmetry
    np.testing.assert_allclose(learnt[0], np.tile([2, 0], (15, 1)), atol=0.3)
    assert member.summary["validation_rmse"]["all"] < 1


def test_a_finished_member_keeps_it(crossed_run):
    for member in crossed_run.members:
        offsets = member.load_network(CPU).label_asymmetry
        assert offsets.shape == (2, 15, 2) and offsets.abs().max() > 0
        torch.testing.assert_close(flip_keypoints(offsets, KAGGLE15, width=1), -offsets)


def test_without_it_labels_stay_as_they_are(tmp_path, competition):
    member = new_run(tmp_path, quick(epochs=1, asymmetry=False)).member(0)
    Training(member, *split(competition.train), CPU).fit()
    assert not member.load_network(CPU).label_asymmetry.any()
