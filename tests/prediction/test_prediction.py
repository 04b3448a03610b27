"""Prediction: views of each face, members of a run."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from support.made_up_faces import blob
from support.small_runs import CPU, QUICK, new_run

from kaggle_fkd.config import AugmentConfig, PredictConfig
from kaggle_fkd.errors import RunError
from kaggle_fkd.imaging.warp import flip_keypoints
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.networks import build_network
from kaggle_fkd.networks.network import (
    KeypointNetwork,
    NetworkShape,
    head_index,
    images_on,
    predict,
)
from kaggle_fkd.prediction.members import NO_TTA, predict_faces, predict_member, predict_with_tta
from kaggle_fkd.runs.run import open_run

SHAPE = NetworkShape(96, 96, keypoints=15, heads=2)


def views(network, images, flip=False, scale=0.0):
    """What the views of all faces give, by the first head."""
    heads = torch.zeros(len(images), dtype=torch.int64)
    return predict_with_tta(network, images, heads, KAGGLE15, PredictConfig(flip, scale))


class Constant(KeypointNetwork):
    """Says 40, 50 whatever it sees."""

    def regress(self, images):
        return torch.tensor([40.0, 50.0]).expand(len(images), 2, 15, 2)


class TellsMirrored(KeypointNetwork):
    """Says 40, 50, and of mirrored faces 43, 50."""

    def regress(self, images):
        x = torch.tensor([40.0] * self.shape.heads + [43.0] * self.shape.heads)
        places = torch.stack([x, torch.full_like(x, 50)], dim=-1)
        return places[None, :, None].expand(len(images), -1, 15, 2)


class Centroid(KeypointNetwork):
    """Says where the light is."""

    def forward(self, images):
        light = images.float()
        places = torch.arange(96.0)
        x = (light.sum(1) * places).sum(1) / light.sum((1, 2))
        y = (light.sum(2) * places).sum(1) / light.sum((1, 2))
        return torch.stack([x, y], dim=-1)[:, None, None].expand(-1, 2, 15, 2)


@pytest.fixture(scope="module")
def network():
    """Untrained, so that left and right are not alike to it."""
    torch.manual_seed(0)
    return build_network("lenet", SHAPE)


def test_the_heads_of_mirrored_faces_speak_for_mirrored_views(competition):
    network = TellsMirrored(replace(SHAPE, mirrored=True))
    seen = views(network, images_on(CPU, competition.test[:3]), flip=True)
    np.testing.assert_allclose(seen, np.broadcast_to([(40 + 95 - 43) / 2, 50], (3, 15, 2)))


def test_a_network_that_never_saw_a_mirrored_face_is_shown_none(tmp_path, competition):
    faces = competition.test[:3]
    for share, same in ((0.0, True), (0.5, False)):
        member = new_run(tmp_path, replace(QUICK, augment=AugmentConfig(flip=share))).member(0)
        member.folder.mkdir()
        member.finish(member.new_network().state_dict(), {"seed": 0})
        one, two = (predict_member(member, faces, CPU, PredictConfig(f, 0)) for f in (False, True))
        assert np.array_equal(one, two) == same


@pytest.mark.parametrize("scale", [0, 0.1])
def test_the_prediction_of_a_mirrored_face_is_the_mirrored_prediction(network, competition, scale):
    images = images_on(CPU, competition.test[:5])

    def error(flip):
        seen = views(network, images, flip, scale)
        mirrored = torch.from_numpy(views(network, images.flip(-1), flip, scale))
        return np.abs(seen - flip_keypoints(mirrored, KAGGLE15, 96).numpy()).max()

    assert error(flip=True) < 1e-3 < error(flip=False)


def test_views_are_averaged(network, competition):
    images = images_on(CPU, competition.test[:5])
    heads = torch.zeros(5, dtype=torch.int64)
    as_it_is = predict(network, images, heads)
    mirrored = flip_keypoints(
        torch.from_numpy(predict(network, images.flip(-1), heads)), KAGGLE15, 96
    )
    np.testing.assert_allclose(views(network, images), as_it_is, atol=1e-4)
    expected = (as_it_is + mirrored.numpy()) / 2
    np.testing.assert_allclose(views(network, images, flip=True), expected, atol=1e-4)


def test_views_of_a_network_that_is_always_right_agree():
    images = torch.stack([blob(40, 30), blob(20.5, 70.5)])
    for flip in (False, True):
        for scale in (0, 0.12, 0.3):
            seen = views(Centroid(SHAPE), images, flip, scale)
            np.testing.assert_allclose(seen[0], np.tile([40, 30], (15, 1)), atol=0.01)
            np.testing.assert_allclose(seen[1], np.tile([20.5, 70.5], (15, 1)), atol=0.01)


def test_the_views_of_a_network_that_always_says_the_same_spread_about_the_centre():
    images, network = torch.zeros(1, 96, 96, dtype=torch.uint8), Constant(SHAPE)
    np.testing.assert_allclose(views(network, images, flip=True), np.tile([47.5, 50], (1, 15, 1)))
    nearer = (1 + 1 / 0.75 + 1 / 1.25) / 3
    expected = 47.5 + nearer * (np.array([40, 50]) - 47.5)
    seen = views(network, images, scale=0.25)
    np.testing.assert_allclose(seen, np.tile(expected, (1, 15, 1)), rtol=1e-5)


def test_many_faces_are_predicted_as_they_are_alone(network, competition):
    images = images_on(CPU, competition.test[:5]).repeat(60, 1, 1)
    together = views(network, images, flip=True, scale=0.1)
    np.testing.assert_allclose(together[295:], together[:5], atol=1e-3)
    alone = views(network, images[3:4], flip=True, scale=0.1)
    np.testing.assert_allclose(together[3:4], alone, atol=1e-3)


@pytest.mark.parametrize("config", [PredictConfig(), NO_TTA])
def test_a_run_predicts_the_mean_of_its_members(crossed_run, competition, config):
    faces = competition.test
    each = [predict_member(member, faces, CPU, config) for member in crossed_run.members]
    together = predict_faces(crossed_run, faces, CPU, config)
    np.testing.assert_allclose(together, np.mean(each, axis=0), atol=1e-4)
    assert np.abs(together - each[0]).max() > 0.01


def test_each_face_is_predicted_by_the_head_of_its_convention(crossed_run, competition):
    member, faces = crossed_run.member(0), competition.test
    both = member.load_network(CPU)(images_on(CPU, faces)).detach().numpy()
    assert head_index(CPU, faces, 2).tolist() == faces.convention.tolist()
    expected = both[np.arange(len(faces)), faces.convention]
    np.testing.assert_allclose(predict_member(member, faces, CPU, NO_TTA), expected, atol=1e-3)


def test_a_run_without_members_and_faces_that_do_not_fit_are_refused(
    tmp_path, crossed_run, competition
):
    faces = competition.test
    with pytest.raises(RunError, match="none of its networks"):
        predict_faces(new_run(tmp_path), faces, CPU, NO_TTA)
    larger = replace(faces, images=np.zeros((len(faces), 100, 96), np.uint8))
    with pytest.raises(RunError, match="trained for kaggle15 on 96 x 96 pixels"):
        predict_faces(crossed_run, larger, CPU, NO_TTA)


def test_a_member_without_weights_does_not_vote(crossed_run, competition, tmp_path):
    copied = open_run(shutil.copytree(crossed_run.folder, tmp_path / "copied"))
    copied.member(1).weights_file.unlink()
    each = [predict_member(crossed_run.member(i), competition.test, CPU, NO_TTA) for i in (0, 2)]
    together = predict_faces(copied, competition.test, CPU, NO_TTA)
    np.testing.assert_allclose(together, np.mean(each, axis=0), atol=1e-4)
