import numpy as np
import pytest
import torch
from support.small_runs import CPU
from torch import nn

from kaggle_fkd.errors import UsageError
from kaggle_fkd.networks import NETWORKS, build_network
from kaggle_fkd.networks.layers import flat_features
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.prediction.batches import head_index, images_on, predict_batches
from kaggle_fkd.training.labels import mean_keypoints_by_head

CLASSICS = {"lenet", "cnn", "naimishnet"}
OURS = {"gridnet", "heatmapnet", "plainnet"}
SHAPE = NetworkShape(96, 96, keypoints=15, heads=2)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("size", [(96, 96), (224, 224), (80, 112), (90, 101)])
def test_every_network_maps_faces_to_keypoints_of_every_head(name, size):
    network = build_network(name, NetworkShape(*size, keypoints=15, heads=2)).eval()
    images = torch.randint(0, 256, (3, *size), dtype=torch.uint8)
    with torch.no_grad():
        predicted = network(images)
    assert predicted.shape == (3, 2, 15, 3)
    keypoints, errors = predicted[..., :2], predicted[..., 2]
    assert (errors > 0).all()
    # Fresh networks answer with the middle of the image, give or take.
    assert (keypoints - keypoints.new_tensor([size[1] / 2, size[0] / 2])).abs().max() < max(size)


@pytest.mark.parametrize("name", ["fiveconv", "fiveconv_bn"])
def test_faces_too_small_for_a_network_are_rejected(name):
    with pytest.raises(UsageError, match="48 x 48 pixels are too small"):
        build_network(name, NetworkShape(48, 48, keypoints=68, heads=1))


def test_layers_that_fail_on_faces_of_any_size_are_not_reported_as_faces_too_small():
    three_channels = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten())
    with pytest.raises(RuntimeError, match="channels"):
        flat_features(three_channels, NetworkShape(96, 96, keypoints=15, heads=1))


@pytest.mark.parametrize("name", sorted(OURS))
@pytest.mark.parametrize("size", [(96, 96), (90, 101)])
def test_our_own_networks_begin_in_the_middle(competition, name, size):
    network = build_network(name, NetworkShape(*size, keypoints=15, heads=2)).eval()
    images = images_on(CPU, competition.test[:6])[:, :90, :].repeat(1, 2, 2)
    with torch.no_grad():
        keypoints = network(images[:, : size[0], : size[1]])[..., :2]
    middle = keypoints.new_tensor([(size[1] - 1) / 2, (size[0] - 1) / 2])
    assert (keypoints - middle).abs().max() < 8


@pytest.mark.parametrize("heads", [1, 2])
def test_a_network_without_offsets_predicts_the_mean_face_of_each_head(competition, heads):
    faces = competition.train
    shape = NetworkShape(96, 96, keypoints=15, heads=heads, mirrored=True)
    network = build_network("lenet", shape)
    network.set_mean_keypoints(mean_keypoints_by_head(faces, shape))
    nn.init.zeros_(network.head[-1].weight)
    keypoints = network(images_on(CPU, faces[:3])).detach().numpy()[..., :2]
    expected = [faces if heads == 1 else faces.in_convention(head) for head in range(heads)]
    for head, part in enumerate(expected):
        known = np.isfinite(part.mean_keypoints())
        np.testing.assert_allclose(
            keypoints[1, head][known], part.mean_keypoints()[known], atol=1e-3
        )
        mirrored = part.flipped().mean_keypoints()
        np.testing.assert_allclose(keypoints[1, heads + head][known], mirrored[known], atol=1e-3)
    assert np.isfinite(keypoints).all()


@pytest.mark.parametrize("name", ["lenet", "gridnet", "heatmapnet"])
def test_a_mirrored_face_trains_the_heads_of_both_sides(competition, name):
    shape = NetworkShape(96, 96, keypoints=15, heads=2, mirrored=True)
    network = build_network(name, shape).eval()
    images = images_on(CPU, competition.train[:4])
    before = network(images).detach()
    assert before.shape == (4, 4, 15, 3)
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3)
    network(images)[:, 3, :, :2].square().mean().sqrt().backward()  # convention B, mirrored
    optimizer.step()
    moved = (network(images).detach() - before)[..., :2].abs().mean(dim=(0, 2, 3))
    assert moved[1] > 0.5 * moved[3] > 0


def test_each_convention_is_predicted_by_a_head_of_its_own(competition):
    network = build_network("lenet", SHAPE).eval()
    faces = competition.test
    images = images_on(CPU, faces)
    both = network(images).detach().numpy()
    predicted = predict_batches(network, images, head_index(CPU, faces, 2))
    for index, convention in enumerate(faces.convention):
        np.testing.assert_allclose(predicted[index], both[index, convention], atol=1e-3)
    assert set(head_index(CPU, faces, 1).tolist()) == {0}


@torch.no_grad()
@pytest.mark.parametrize("name", ["lenet", "gridnet", "gridnet_xs"])
@pytest.mark.parametrize("mirrored", [False, True])
def test_one_head_alone_predicts_what_it_predicts_among_others(competition, name, mirrored):
    shape = NetworkShape(96, 96, keypoints=15, heads=2, mirrored=mirrored)
    network = build_network(name, shape).eval()
    for parameter in (network.calibration, *network.parameters()):
        parameter.mul_(torch.rand_like(parameter) + 0.5)  # no two heads are equal
    images = images_on(CPU, competition.test[:3])
    together = network(images)
    for head in range(shape.total_heads):
        alone = network.predict(images, torch.full((3,), head))
        torch.testing.assert_close(alone, together[:, head], atol=1e-3, rtol=1e-4)
    mixed = network.predict(images, torch.tensor([1, 0, 1]))
    torch.testing.assert_close(mixed[:2], torch.stack([together[0, 1], together[1, 0]]))


@pytest.mark.parametrize("name", ["lenet", "gridnet"])
def test_light_and_contrast_of_a_face_hardly_matter(competition, name):
    network = build_network(name, NetworkShape(96, 96, keypoints=15, heads=1)).eval()
    images = images_on(CPU, competition.test[:4]).float()
    with torch.no_grad():
        difference = network(images) - network(images * 0.5 + 60)
    assert difference.abs().max() < 0.5


@pytest.mark.parametrize("name", NETWORKS)
def test_with_bf16_keypoints_are_not_rounded_to_a_quarter_of_a_pixel(name):
    network = build_network(name, SHAPE).eval()
    images = torch.randint(0, 256, (3, 96, 96), dtype=torch.uint8)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        keypoints = network(images)[..., :2]
    assert not torch.equal(keypoints, keypoints.bfloat16().float())


def test_the_networks_are_registered_and_an_unknown_one_is_rejected():
    assert set(NETWORKS) >= CLASSICS | OURS
    with pytest.raises(UsageError, match=r"'resnet' \(train\.model\)"):
        build_network("resnet", NetworkShape(96, 96, 15, 1))


class OneCell(nn.Module):
    """Instead of a trunk: features that are 1 in the first channel of one cell, else 0."""

    def __init__(self, channels, size, row, column):
        super().__init__()
        self.features = torch.zeros(1, channels, *size)
        self.features[0, 0, row, column] = 1

    def forward(self, images):
        return self.features.repeat(len(images), 1, 1, 1)


@torch.no_grad()
def answer(network, size=(96, 96)):
    """The keypoints of two made-up images."""
    return network.eval()(torch.rand(2, *size) * 255)[..., :2]


@torch.no_grad()
def grid_of_one_cell(row, column, size=(96, 96)):
    """A gridnet whose cell (row, column) has all the weight, with its heads x K x 4 biases."""
    network = build_network("gridnet", NetworkShape(*size, keypoints=15, heads=2))
    cells = [-(-length // 8) for length in size]
    network.trunk = OneCell(network.vote.in_channels, cells, row, column)
    bias = network.vote.bias.zero_().view(2, 15, 4)
    weight = network.vote.weight.zero_().view(2, 15, 4, -1)
    weight[:, :, 0, 0] = 20
    return network, bias


@pytest.mark.parametrize(("row", "column"), [(0, 0), (3, 7), (11, 11)])
def test_a_cell_with_all_the_weight_predicts_its_centre(row, column):
    network, _ = grid_of_one_cell(row, column)
    centre = torch.tensor([8 * column + 3.5, 8 * row + 3.5])
    torch.testing.assert_close(answer(network), centre.expand(2, 2, 15, 2), atol=1e-3, rtol=0)


@torch.no_grad()
def test_every_keypoint_of_every_head_adds_its_own_offset():
    network, bias = grid_of_one_cell(row=3, column=7)
    offsets = torch.rand(2, 15, 2) - 0.5
    bias[:, :, 1:3] = offsets
    expected = torch.tensor([59.5, 27.5]) + 8 * offsets
    torch.testing.assert_close(answer(network)[0], expected, atol=1e-3, rtol=0)


def test_cells_share_out_images_of_any_size():
    network, _ = grid_of_one_cell(11, 12, size=(90, 101))
    # The last of 12 x 13 cells that cover 90 x 101 pixels evenly.
    expected = torch.tensor([101 - 101 / 26 - 0.5, 90 - 90 / 24 - 0.5])
    found = answer(network, (90, 101))[0, 0, 0]
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=0)


@torch.no_grad()
def test_a_heat_map_with_one_hot_pixel_predicts_that_pixel():
    network = build_network("heatmapnet", SHAPE)
    network.deconvolution = OneCell(network.heat.in_channels, (24, 24), 5, 20)
    network.heat.weight.zero_().view(2, 15, 2, -1)[:, :, 0, 0] = 20
    expected = torch.tensor([4 * 20 + 1.5, 4 * 5 + 1.5]).expand(2, 2, 15, 2)
    torch.testing.assert_close(answer(network), expected, atol=1e-3, rtol=0)
