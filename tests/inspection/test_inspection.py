"""Looking into networks: filters, feature maps, heat maps, saliency; the stage that draws them."""

from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from support.small_runs import CPU

from kaggle_fkd import FaceKeypoints
from kaggle_fkd.figures.style import save_figure
from kaggle_fkd.imaging.chips import similarity
from kaggle_fkd.inspection.drawings import draw_saliency, half_radius
from kaggle_fkd.inspection.responses import (
    convolutions,
    feature_maps,
    first_filters,
    own_heat_maps,
    saliency,
)
from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.networks import NETWORKS, build_network
from kaggle_fkd.networks.network import KeypointNetwork, NetworkShape, predict
from kaggle_fkd.photo.pretrained import read_pretrained

SHAPE = NetworkShape(96, 96, keypoints=15, heads=2)
FIGURES = {"filters", "features", "heat_maps", "saliency"}


class LooksAtOnePixel(KeypointNetwork):
    """Its keypoint's x is 3 times the pixel at (x 30, y 20), whatever the others are."""

    def regress(self, images):
        return (3 * images[:, 0, 20, 30])[:, None, None, None] * torch.tensor([1.0, 0.0])


@pytest.fixture(scope="module")
def chip():
    return np.random.default_rng(3).integers(0, 256, (96, 96), dtype=np.uint8)


@pytest.fixture(scope="module")
def astronaut():
    """The astronaut's face as the shipped network sees it."""
    find = FaceKeypoints()
    return find.chip(find.detect("astronaut")[0])


@pytest.fixture(scope="module")
def pretrained():
    return read_pretrained().fine


@pytest.fixture
def look_inside(on_pictures):
    return partial(on_pictures, "inside")


def drawn(folder, stem):
    """The figures of that name, none of which is blank."""
    figures = {path.stem.removeprefix(f"{stem}_"): path for path in folder.glob(f"{stem}_*.png")}
    for path in figures.values():
        assert np.asarray(Image.open(path).convert("L")).std() > 10
    return set(figures)


def test_the_saliency_of_a_network_that_looks_at_one_pixel_is_that_pixel(chip):
    found = saliency(LooksAtOnePixel(NetworkShape(96, 96, 1, 1)), chip, 0)
    expected = np.zeros((96, 96))
    expected[20, 30] = 3
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_half_of_a_saliency_lies_within_its_radius():
    values = np.zeros((96, 96))
    values[20, 30], values[20, 40], values[60, 30] = 2, 2, 1
    assert half_radius(values, np.array([30.0, 20.0])) == 10


def test_a_network_that_looks_at_nothing_is_drawn_all_the_same(chip, tmp_path):
    nothing = np.zeros((96, 96), np.float32)
    figure = draw_saliency(chip, np.array([30.0, 20.0]), nothing, "a dead network")
    assert save_figure(figure, tmp_path / "dead.png").exists()


def test_where_an_eye_is_hangs_on_the_pixels_around_it(pretrained, astronaut):
    corner = IBUG68.groups["eyes"][0]
    found = saliency(pretrained, astronaut, corner)
    keypoint = predict(pretrained, torch.from_numpy(astronaut)[None], torch.tensor([0]))[0, corner]
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
def test_own_heat_maps_are_shares_of_the_cells(name, chip):
    network = build_network(name, NetworkShape(96, 80, keypoints=15, heads=2))
    maps = own_heat_maps(network, chip[:, :80], head=1)
    assert maps.shape[0] == 15 and maps.shape[1] * 80 == maps.shape[2] * 96
    np.testing.assert_allclose(maps.sum(axis=(1, 2)), 1, rtol=1e-4)


def test_networks_that_regress_coordinates_have_no_heat_maps(chip):
    assert own_heat_maps(build_network("lenet", SHAPE), chip) is None


def test_the_heat_of_the_shipped_network_lies_around_its_keypoints(pretrained, astronaut):
    keypoints = predict(pretrained, torch.from_numpy(astronaut)[None], torch.tensor([0]))[0]
    maps = own_heat_maps(pretrained, astronaut)
    centres = pretrained.cells.numpy()[maps.reshape(68, -1).argmax(axis=1)]
    assert np.linalg.norm(centres - keypoints, axis=1).mean() < 10  # a cell's diagonal is 11


def test_a_chip_has_the_size_of_the_last_network_to_look(crossed_run, pretrained):
    for run, network in (
        (None, pretrained),
        (crossed_run, crossed_run.members[0].load_network(CPU)),
    ):
        find = FaceKeypoints(run)
        (face,) = find.detect("astronaut")
        seen = find.chip(face)
        assert seen.shape == (network.shape.height, network.shape.width) and seen.std() > 20


def test_a_chip_of_the_shipped_network_shows_the_face_upright_and_at_its_size(
    pretrained, astronaut
):
    keypoints = predict(pretrained, torch.from_numpy(astronaut)[None], torch.tensor([0]))[0]
    to_mean_face = similarity(keypoints, pretrained.mean_keypoints[0].numpy())
    np.testing.assert_allclose(to_mean_face[:, :2], np.eye(2), atol=0.03)


def test_the_shipped_network_is_looked_into(look_inside, tmp_path):
    code, out, _ = look_inside("--input", "astronaut", "--keypoint", 36)
    assert code == 0 and out == ""
    assert drawn(tmp_path / "runs" / "inside", "astronaut") == FIGURES


def test_a_run_of_the_competition_is_looked_into(look_inside, crossed_run, tmp_path):
    name = KAGGLE15.names[0]
    code, _, _ = look_inside(
        "--input", "astronaut", "--run", crossed_run.folder, "--keypoint", name,
        "--output", tmp_path / "out",
    )  # fmt: skip
    assert code == 0 and drawn(tmp_path / "out", "astronaut") == FIGURES


def test_a_picture_without_a_face_is_said_and_the_others_go_on(look_inside, tmp_path):
    Image.new("RGB", (60, 40), "grey").save(tmp_path / "wall.png")
    code, _, err = look_inside("--input", tmp_path / "wall.png", "astronaut")
    problems = [line for line in err if "error:" in line]
    assert code == 1 and len(problems) == 2
    assert "wall.png" in problems[0] and "no face" in problems[0] and "1 of 2" in problems[1]
    assert drawn(tmp_path / "runs" / "inside", "astronaut") == FIGURES


@pytest.mark.parametrize("wanted", ["68", "-1", "elbow"])
def test_an_unknown_keypoint_is_refused_with_the_known_ones(look_inside, tmp_path, wanted):
    code, _, err = look_inside("--input", "astronaut", f"--keypoint={wanted}")
    assert code == 2 and wanted in err[-1]
    assert all(name in err[-1] for name in IBUG68.names)
    assert not (tmp_path / "runs" / "inside").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--stage inside: no --input"),
        (("--input", "astronaut", "--points", 15), "--points 15"),
        (("--input", "astronaut", "--run", "none"), "no run none"),
    ],
)
def test_wrong_usage_is_said_in_one_line(look_inside, arguments, said):
    code, _, err = look_inside(*arguments)
    assert code in (1, 2) and said in err[-1]
    assert sum("error:" in line for line in err) == 1
