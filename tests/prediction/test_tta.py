"""Test-time augmentation."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.made_up_faces import blob
from support.small_runs import CPU, QUICK, new_run

from kaggle_fkd.config import AugmentConfig, PredictConfig
from kaggle_fkd.imaging.warp import flip_keypoints
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.networks import build_network
from kaggle_fkd.networks.network import KeypointNetwork
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.prediction.batches import images_on, predict_batches
from kaggle_fkd.prediction.members import predict_member
from kaggle_fkd.prediction.tta import predict_with_tta

SHAPE = NetworkShape(96, 96, keypoints=15, heads=2)


def with_tta(network, images, flip=False, scale=0.0):
    """The keypoints of all faces, averaged over what flip and scale say, by the first head."""
    heads = torch.zeros(len(images), dtype=torch.int64)
    return predict_with_tta(network, images, heads, KAGGLE15, PredictConfig(flip, scale, "fp32"))[
        ..., :2
    ]


class Constant(KeypointNetwork):
    """Predicts 40, 50 whatever it sees."""

    def regress(self, images):
        return torch.tensor([40.0, 50.0, 1.0]).expand(len(images), 2, 15, 3)


class TellsMirrored(KeypointNetwork):
    """Predicts 40, 50, and of mirrored faces 43, 50."""

    def regress(self, images):
        x = torch.tensor([40.0] * self.shape.heads + [43.0] * self.shape.heads)
        places = torch.stack([x, torch.full_like(x, 50), torch.ones_like(x)], dim=-1)
        return places[None, :, None].expand(len(images), -1, 15, 3)


class Centroid(KeypointNetwork):
    """Predicts where the light is."""

    def forward(self, images):
        light = images.float()
        places = torch.arange(96.0)
        x = (light.sum(1) * places).sum(1) / light.sum((1, 2))
        y = (light.sum(2) * places).sum(1) / light.sum((1, 2))
        return torch.stack([x, y, torch.ones_like(x)], dim=-1)[:, None, None].expand(-1, 2, 15, 3)


@pytest.fixture(scope="module")
def network():
    """Untrained, so that left and right are not alike to it."""
    torch.manual_seed(0)
    return build_network("lenet", SHAPE)


def test_the_heads_of_mirrored_faces_predict_the_mirror_images(competition):
    network = TellsMirrored(replace(SHAPE, mirrored=True))
    seen = with_tta(network, images_on(CPU, competition.test[:3]), flip=True)
    np.testing.assert_allclose(seen, np.broadcast_to([(40 + 95 - 43) / 2, 50], (3, 15, 2)))


def test_a_network_trained_without_mirrored_faces_predicts_none(tmp_path, competition):
    faces = competition.test[:3]
    for share, same in ((0.0, True), (0.5, False)):
        member = new_run(tmp_path, replace(QUICK, augment=AugmentConfig(flip=share))).member(0)
        member.folder.mkdir()
        network = build_network(member.config.train.model, member.shape)
        member.finish(network.state_dict(), {"conventions": ["A", "B"]})
        one, two = (predict_member(member, faces, CPU, PredictConfig(f, 0)) for f in (False, True))
        assert np.array_equal(one, two) == same


@pytest.mark.parametrize("scale", [0, 0.1])
def test_the_prediction_of_a_mirrored_face_is_the_mirrored_prediction(network, competition, scale):
    images = images_on(CPU, competition.test[:5])

    def error(flip):
        seen = with_tta(network, images, flip, scale)
        mirrored = torch.from_numpy(with_tta(network, images.flip(-1), flip, scale))
        return np.abs(seen - flip_keypoints(mirrored, KAGGLE15, 96).numpy()).max()

    assert error(flip=True) < 1e-3 < error(flip=False)


def test_the_mirror_image_is_averaged_with_the_face_as_it_is(network, competition):
    images = images_on(CPU, competition.test[:5])
    heads = torch.zeros(5, dtype=torch.int64)
    as_it_is = predict_batches(network, images, heads)[..., :2]
    mirrored = flip_keypoints(
        torch.from_numpy(predict_batches(network, images.flip(-1), heads)[..., :2]), KAGGLE15, 96
    )
    np.testing.assert_allclose(with_tta(network, images), as_it_is, atol=1e-4)
    expected = (as_it_is + mirrored.numpy()) / 2
    np.testing.assert_allclose(with_tta(network, images, flip=True), expected, atol=1e-4)


def test_a_network_that_is_always_right_is_right_on_average():
    images = torch.stack([blob(40, 30), blob(20.5, 70.5)])
    for flip in (False, True):
        for scale in (0, 0.12, 0.3):
            seen = with_tta(Centroid(SHAPE), images, flip, scale)
            np.testing.assert_allclose(seen[0], np.tile([40, 30], (15, 1)), atol=0.01)
            np.testing.assert_allclose(seen[1], np.tile([20.5, 70.5], (15, 1)), atol=0.01)


def test_a_constant_prediction_is_spread_about_the_centre():
    images, network = torch.zeros(1, 96, 96, dtype=torch.uint8), Constant(SHAPE)
    np.testing.assert_allclose(
        with_tta(network, images, flip=True), np.tile([47.5, 50], (1, 15, 1))
    )
    nearer = (1 + 1 / 0.75 + 1 / 1.25) / 3
    expected = 47.5 + nearer * (np.array([40, 50]) - 47.5)
    seen = with_tta(network, images, scale=0.25)
    np.testing.assert_allclose(seen, np.tile(expected, (1, 15, 1)), rtol=1e-5)


class ErrorsByKeypoint(KeypointNetwork):
    """Predicts 40, 50, with errors of 1, 2, ... pixels: one for each keypoint."""

    def regress(self, images):
        predicted = torch.tensor([40.0, 50.0, 0.0]).repeat(len(images), 2, 15, 1)
        predicted[..., 2] = torch.arange(1.0, 16.0)
        return predicted


def test_expected_errors_are_scaled_and_mirrored_with_the_keypoints():
    images, network = torch.zeros(1, 96, 96, dtype=torch.uint8), ErrorsByKeypoint(SHAPE)
    heads, errors = torch.zeros(1, dtype=torch.int64), np.arange(1.0, 16.0)
    for flip in (False, True):
        for scale in (0.0, 0.25):
            predicted = predict_with_tta(network, images, heads, KAGGLE15,
                                         PredictConfig(flip, scale, "fp32"))  # fmt: skip
            swapped = (errors + errors[list(KAGGLE15.flip_order)]) / 2 if flip else errors
            factor = (1 + 1 / 0.75 + 1 / 1.25) / 3 if scale else 1
            np.testing.assert_allclose(predicted[0, :, 2], factor * swapped, rtol=1e-5)


def test_many_faces_are_predicted_as_they_are_alone(network, competition):
    images = images_on(CPU, competition.test[:5]).repeat(60, 1, 1)
    together = with_tta(network, images, flip=True, scale=0.1)
    np.testing.assert_allclose(together[295:], together[:5], atol=1e-3)
    alone = with_tta(network, images[3:4], flip=True, scale=0.1)
    np.testing.assert_allclose(together[3:4], alone, atol=1e-3)


@pytest.mark.parametrize("training", [True, False])
def test_predicting_is_without_dropout_and_leaves_the_networks_mode_as_it_was(
    competition, training
):
    network = build_network("naimishnet", SHAPE).train(training)
    images = images_on(CPU, competition.test[:3])
    first, second = (with_tta(network, images, flip=True, scale=0.1) for _ in range(2))
    assert np.array_equal(first, second)
    assert network.training == training == network.features.training
