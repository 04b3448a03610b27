"""Filters, feature maps, heat maps and saliency of networks."""

import numpy as np
import pytest
import torch
from support.small_runs import CPU

from kaggle_fkd.imaging.similarity import similarity, transform_points
from kaggle_fkd.inspection.drawings import half_radius
from kaggle_fkd.inspection.responses import (
    convolutions,
    feature_maps,
    first_filters,
    own_heat_maps,
    saliency,
)
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.networks import NETWORKS, build_network
from kaggle_fkd.networks.network import KeypointNetwork
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.pretrained import POINTS68, read_pretrained
from kaggle_fkd.prediction.batches import predict_batches as predict

SHAPE = NetworkShape(96, 96, keypoints=15, heads=2)


class LooksAtOnePixel(KeypointNetwork):
    """The x of its keypoint is 3 times the pixel at (x 30, y 20), whatever the others are."""

    def regress(self, images):
        return (3 * images[:, 0, 20, 30])[:, None, None, None] * torch.tensor([1.0, 0.0])


@pytest.fixture(scope="module")
def chip():
    return np.random.default_rng(3).integers(0, 256, (96, 96), dtype=np.uint8)


@pytest.fixture(scope="module")
def astronaut():
    """The chip of the astronaut's face that the pretrained network is given."""
    find = FaceKeypoints()
    return find.chip(find.detect("astronaut")[0])


@pytest.fixture(scope="module")
def pretrained():
    return read_pretrained(POINTS68).network.eval()


def test_the_saliency_of_a_network_that_looks_at_one_pixel_is_that_pixel(chip):
    found = saliency(LooksAtOnePixel(NetworkShape(96, 96, 1, 1)), chip, 0)
    expected = np.zeros((96, 96))
    expected[20, 30] = 3
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_position_of_an_eye_depends_on_the_pixels_around_it(pretrained, astronaut):
    corner = IBUG68.groups["eyes"][0]
    found = saliency(pretrained, astronaut, corner)
    keypoint = predict(pretrained, torch.from_numpy(astronaut)[None], torch.tensor([0]))[
        0, corner, :2
    ]
    y, x = np.indices(found.shape)
    centre = np.array([(found * x).sum(), (found * y).sum()]) / found.sum()
    assert np.linalg.norm(centre - keypoint) < 20  # an eye is 20 pixels wide
    assert half_radius(found, keypoint) < 25


@pytest.mark.parametrize("name", NETWORKS)
def test_feature_maps_have_the_shapes_of_their_layers_and_leave_nothing_behind(name, chip):
    network = build_network(name, SHAPE).train()
    maps = feature_maps(network, chip)
    layers = convolutions(network)
    assert set(maps) == set(layers)
    for layer, values in maps.items():
        assert values.ndim == 3 and len(values) == layers[layer].out_channels
        assert values.std() > 0
    assert not any(module._forward_hooks for module in network.modules())
    assert network.training
    filters = first_filters(network)
    assert len(filters) == len(next(iter(maps.values()))) and filters.ndim == 3


def test_hooks_are_removed_even_when_the_network_fails(chip):
    network = build_network("lenet", SHAPE)
    with pytest.raises(RuntimeError):
        feature_maps(network, chip[:50, :50])
    assert not any(module._forward_hooks for module in network.modules())


def test_a_map_of_the_first_layer_is_the_face_under_its_filter(chip):
    network = build_network("lenet", SHAPE)
    first = next(iter(feature_maps(network, chip).values()))
    standard = (chip - chip.mean()) / (chip.std(ddof=1) + 1)
    expected = (standard[10:15, 40:45] * first_filters(network)[2]).sum()
    assert first[2, 10, 40] == pytest.approx(expected, abs=1e-4)  # biases begin at 0


@pytest.mark.parametrize("name", ["gridnet", "gridnet_s", "heatmapnet"])
def test_own_heat_maps_sum_to_one_over_the_cells(name, chip):
    network = build_network(name, NetworkShape(96, 80, keypoints=15, heads=2))
    maps = own_heat_maps(network, chip[:, :80], head=1)
    assert maps.shape[0] == 15 and maps.shape[1] * 80 == maps.shape[2] * 96
    np.testing.assert_allclose(maps.sum(axis=(1, 2)), 1, rtol=1e-4)


def test_networks_that_regress_coordinates_have_no_heat_maps(chip):
    assert own_heat_maps(build_network("lenet", SHAPE), chip) is None


def test_the_heat_of_the_pretrained_network_is_around_its_keypoints(pretrained, astronaut):
    keypoints = predict(pretrained, torch.from_numpy(astronaut)[None], torch.tensor([0]))[0, :, :2]
    maps = own_heat_maps(pretrained, astronaut)
    centres = pretrained.cells.numpy()[maps.reshape(68, -1).argmax(axis=1)]
    assert np.linalg.norm(centres - keypoints, axis=1).mean() < 10  # a cell's diagonal is 11


def test_a_chip_has_the_size_that_the_last_networks_are_given(crossed_run, pretrained):
    for run, network in (
        (None, pretrained),
        (crossed_run, crossed_run.members[0].load_network(CPU)),
    ):
        find = FaceKeypoints(run=run)
        (face,) = find.detect("astronaut")
        seen = find.chip(face)
        assert seen.shape == (network.shape.height, network.shape.width) and seen.std() > 20


def test_the_chip_of_a_face_is_what_the_network_took(crossed_run):
    own = [member.load_network(CPU) for member in crossed_run.members]
    for run, networks in ((None, [read_pretrained(POINTS68).network.eval()]), (crossed_run, own)):
        find = FaceKeypoints(run=run)
        (face,) = find.detect("astronaut")
        (face,) = find.track("astronaut", [face], search=False)
        images = torch.from_numpy(find.chip(face))[None]
        seen = np.mean([predict(each, images, torch.tensor([0]))[0, :, :2] for each in networks],
                       axis=0)  # fmt: skip
        back = transform_points(similarity(seen, face.keypoints), seen)
        np.testing.assert_allclose(back, face.keypoints, atol=0.5)


def test_a_chip_of_the_pretrained_network_shows_the_face_upright_and_to_scale(
    pretrained, astronaut
):
    keypoints = predict(pretrained, torch.from_numpy(astronaut)[None], torch.tensor([0]))[0, :, :2]
    to_mean_shape = similarity(keypoints, pretrained.mean_keypoints[0].numpy())
    np.testing.assert_allclose(to_mean_shape[:, :2], np.eye(2), atol=0.03)
