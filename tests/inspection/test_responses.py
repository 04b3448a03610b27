"""Filters, feature maps, heat maps and saliency of exported networks."""

import numpy as np
import pytest
import torch
from support.exported_networks import exported

from kaggle_fkd.imaging.similarity import similarity, transform_points
from kaggle_fkd.inference.pretrained import POINTS68
from kaggle_fkd.inspection.drawings import half_radius
from kaggle_fkd.inspection.responses import PATCH, InspectedNetwork
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.networks import build_network
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.photo.finder import FaceKeypoints

SHAPE = NetworkShape(96, 96, keypoints=15, heads=2, mirrored=True)


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
    return InspectedNetwork(POINTS68)


@pytest.fixture(scope="module")
def lenet(lenet_file):
    return InspectedNetwork(lenet_file)


@pytest.fixture(scope="module")
def heatmapnet(tmp_path_factory):
    return InspectedNetwork(exported(tmp_path_factory.mktemp("heat"), "heatmapnet").path, 1)


def test_the_saliency_of_a_network_that_looks_at_one_place_is_that_place(tmp_path, chip):
    network = build_network("lenet", SHAPE)
    with torch.no_grad():
        # Of the last features before the fully connected layers, only those of one place count.
        for layer in (network.head[0], network.head[2], network.head[4]):
            layer.weight.fill_(0)
            layer.weight[:, 0] = 0.1
            layer.bias.fill_(1)
        network.head[0].weight[:, 0] = 0
        network.head[0].weight[:, 10 * 21 + 5 :: 21 * 21] = 0.1  # row 10, column 5 of every map
    found = InspectedNetwork(exported(tmp_path, networks=(network,)).path).saliency(chip, 0)
    # Two convolutions of 5 x 5 with pooling between: 4 pixels apart, 16 wide.
    y, x = np.indices(found.shape)
    outside = np.hypot(x - (4 * 5 + 7.5), y - (4 * 10 + 7.5)) > 12 + 96 // PATCH
    # A covered square also changes the mean and the spread by which the face is standardised: 2 to
    # 3 %, as the first weights happen to be.
    assert found.max() > 0 and found[outside].max() < 0.05 * found.max()


def test_the_position_of_an_eye_depends_on_the_parts_of_the_face_around_it(pretrained, astronaut):
    corner = IBUG68.groups["eyes"][0]
    found = pretrained.saliency(astronaut, corner)
    keypoint = pretrained.predict(astronaut[None])[0, corner, :2]
    y, x = np.unravel_index(found.argmax(), found.shape)
    assert np.linalg.norm((x, y) - keypoint) < 20  # an eye is 20 pixels wide
    assert half_radius(found, keypoint) < 30


def test_the_saliency_of_several_keypoints_is_that_of_their_mean(lenet, chip):
    once, twice, pair = (
        lenet.saliency(chip, *keypoints, overlapping=False) for keypoints in ((3,), (3, 3), (3, 9))
    )
    np.testing.assert_allclose(twice, once, atol=1e-4)
    other = lenet.saliency(chip, 9, overlapping=False)
    assert (pair <= (once + other) / 2 + 1e-4).all() and pair.max() > 0


def test_feature_maps_are_those_of_the_convolutions_by_their_names(lenet, heatmapnet, chip):
    for network, first in ((lenet, "features.0"), (heatmapnet, "deconvolution.0.stem.0.0")):
        maps = network.feature_maps(chip)
        assert next(iter(maps)) == first and list(maps) == network.layers
        assert all(values.ndim == 3 and values.std() > 0 for values in maps.values())
        assert len(network.first_filters()) == len(maps[first])
    assert [len(values) for values in lenet.feature_maps(chip).values()] == [6, 16]


def test_a_map_of_the_first_layer_is_the_face_under_its_filter(lenet, chip):
    first = next(iter(lenet.feature_maps(chip).values()))
    standard = (chip - chip.mean()) / (chip.std(ddof=1) + 1)
    expected = (standard[10:15, 40:45] * lenet.first_filters()[2]).sum()
    assert first[2, 10, 40] == pytest.approx(expected, abs=0.01)  # biases begin at 0


def test_heat_maps_sum_to_one_over_the_cells(heatmapnet, pretrained, chip, astronaut):
    for maps, keypoints, cells in (
        (heatmapnet.heat_maps(chip), 15, 24),
        (pretrained.heat_maps(astronaut), 68, pretrained.metadata.width // 8),
    ):
        assert maps.shape == (keypoints, cells, cells)
        np.testing.assert_allclose(maps.sum(axis=(1, 2)), 1, rtol=1e-3)


def test_networks_that_regress_coordinates_have_no_heat_maps(lenet, chip):
    assert lenet.heat_maps(chip) is None


def test_the_heat_of_the_pretrained_network_is_around_its_keypoints(pretrained, astronaut):
    keypoints = pretrained.predict(astronaut[None])[0, :, :2]
    maps = pretrained.heat_maps(astronaut)
    row, column = np.unravel_index(maps.reshape(68, -1).argmax(axis=1), maps.shape[1:])
    centres = 8 * np.column_stack([column, row]) + 3.5
    assert np.linalg.norm(centres - keypoints, axis=1).mean() < 10  # a cell's diagonal is 11


def test_a_chip_has_the_size_that_the_networks_are_given(crossed_run, pretrained):
    for run, size in ((None, pretrained.metadata.width), (crossed_run, crossed_run.shape.width)):
        find = FaceKeypoints(run=run)
        (face,) = find.detect("astronaut")
        seen = find.chip(face)
        assert seen.shape == (size, size) and seen.std() > 20


def test_the_chip_of_a_face_is_what_the_network_took(crossed_run):
    for run in (None, crossed_run):
        find = FaceKeypoints(run=run)
        (face,) = find.detect("astronaut")
        (face,) = find.track("astronaut", [face], search=False)
        inspected = [InspectedNetwork(file.path) for file in find.networks.files]
        seen = np.mean([each.predict(find.chip(face)[None])[0, :, :2] for each in inspected],
                       axis=0)  # fmt: skip
        back = transform_points(similarity(seen, face.keypoints), seen)
        np.testing.assert_allclose(back, face.keypoints, atol=0.5)


def test_a_chip_of_the_pretrained_network_shows_the_face_upright_and_to_scale(
    pretrained, astronaut
):
    keypoints = pretrained.predict(astronaut[None])[0, :, :2]
    to_mean_shape = similarity(keypoints, pretrained.metadata.mean_shape(0))
    np.testing.assert_allclose(to_mean_shape[:, :2], np.eye(2), atol=0.03)
