"""Runs as ONNX files: what torch computes, and what the files say of themselves."""

import numpy as np
import onnx
import pytest
import torch
from support.exported_networks import exported, finished_run
from support.small_runs import CPU, quick

from kaggle_fkd.errors import RunError
from kaggle_fkd.export import run_export
from kaggle_fkd.export.modules import fused
from kaggle_fkd.export.onnx_model import with_metadata
from kaggle_fkd.export.opened import open_exported
from kaggle_fkd.export.run_export import MAX_COST, MAX_PARITY, export_run
from kaggle_fkd.inference.detector import OnnxDetector
from kaggle_fkd.inference.keypoints import OnnxKeypoints
from kaggle_fkd.keypoints import EYES, IBUG68, KAGGLE15
from kaggle_fkd.networks import build_network
from kaggle_fkd.networks.shape import NetworkShape

SHAPE = NetworkShape(96, 96, keypoints=15, heads=2, mirrored=True)


def chips(count=3, size=96):
    return np.random.default_rng(5).integers(0, 256, (count, size, size), dtype=np.uint8)


def trained_a_little(model, seed=0):
    """A network whose statistics and weights are not those of the beginning."""
    torch.manual_seed(seed)
    network = build_network(model, SHAPE).train()
    with torch.no_grad():
        for _ in range(3):
            network(torch.from_numpy(chips(4)))
        network.calibration.mul_(1.5)
        network.mean_keypoints += torch.rand_like(network.mean_keypoints)
    return network.eval()


@pytest.mark.slow
@pytest.mark.parametrize("model", ["gridnet_xs", "heatmapnet", "naimishnet"])
def test_a_network_gives_in_a_file_what_it_gives_in_torch(tmp_path, model):
    network = trained_a_little(model)
    made = exported(tmp_path, model, networks=(network,))
    assert made.parity <= MAX_PARITY and made.half == (made.half_cost <= MAX_COST)
    convention = np.array([0, 1, 1])
    found = OnnxKeypoints(made.path).predict(chips(), convention)
    with torch.no_grad():
        expected = network.predict(torch.from_numpy(chips()), torch.from_numpy(convention)).numpy()
    assert found.shape == (3, 15, 3)
    np.testing.assert_allclose(found[..., :2], expected[..., :2], atol=0.1 if made.half else 2e-3)
    np.testing.assert_allclose(found[..., 2], expected[..., 2], rtol=0.02 if made.half else 1e-3)


def test_several_networks_are_one_file_and_any_number_of_faces_is_taken(tmp_path):
    networks = tuple(trained_a_little("lenet", seed) for seed in (1, 2))
    made = exported(tmp_path, networks=networks)
    assert made.networks == 2
    file = OnnxKeypoints(made.path)
    for count in (0, 1, 5):
        found = file.predict(chips(count), np.zeros(count, int))
        assert found.shape == (count, 15, 3)
    with torch.no_grad():
        each = [network(torch.from_numpy(chips(5)))[:, 0].numpy() for network in networks]
    np.testing.assert_allclose(found, np.mean(each, axis=0), atol=0.02)


def test_mirrored_faces_are_predicted_by_their_own_heads_if_there_are_some(tmp_path):
    images = torch.from_numpy(chips())
    for mirror_heads in (True, False):
        folder = tmp_path / str(mirror_heads)
        run = finished_run(folder, config=quick(mirror_heads=mirror_heads))
        file = OnnxKeypoints(export_run(run, folder / "exported.onnx").path)
        assert file.metadata.mirror
        network = run.member(0).load_network(CPU)
        with torch.no_grad():
            expected = network(images)[:, 3 if mirror_heads else 1].numpy()
        np.testing.assert_allclose(file.predict(chips(), np.full(3, 3)), expected, atol=0.02)


def test_one_head_predicts_the_faces_of_every_convention(tmp_path):
    made = exported(tmp_path, config=quick(heads="shared", mirror_heads=False))
    file = OnnxKeypoints(made.path)
    np.testing.assert_array_equal(
        file.predict(chips(), np.zeros(3, int)), file.predict(chips(), np.ones(3, int))
    )


def test_both_stages_of_a_detector_are_in_one_file(tmp_path):
    run = finished_run(tmp_path, "detector", EYES)
    file = OnnxDetector(export_run(run, tmp_path / "detector.onnx").path)
    assert file.metadata.scheme == EYES
    network = run.member(0).load_network(CPU)
    pictures = np.random.default_rng(0).integers(0, 256, (2, 64, 160), dtype=np.uint8)
    logits = np.array([0.0, 2.0, -1.0], np.float32)
    with torch.no_grad():
        searched = network(torch.from_numpy(pictures)).numpy()
        refined = network.refine(torch.from_numpy(chips(3, 48)), torch.from_numpy(logits)).numpy()
    np.testing.assert_allclose(file.search(pictures), searched, atol=0.1)
    np.testing.assert_allclose(file.refine(chips(3, 48), logits), refined, atol=0.1)


def test_a_file_says_all_that_is_needed_to_use_it_without_this_package(tmp_path):
    made = exported(tmp_path, scheme=IBUG68)
    said = {each.key: each.value for each in onnx.load(made.path).metadata_props}
    assert said["task"] == "keypoints" and "right_eye_0" in said["names"]
    assert said["conventions"] == '["photographs", "frames"]'
    assert said["height"] == said["width"] == "96" and said["network"] == "lenet"
    x0, y0, x1, y1 = np.fromstring(said["box"].strip("[]"), sep=",")
    assert x0 < x1 and y0 < y1
    assert {"chip", "licence", "version", "commit", "mean_keypoints"} <= said.keys()
    assert OnnxKeypoints(made.path).metadata.scheme == IBUG68


def test_a_member_is_exported_once_and_again_when_its_weights_have_changed(tmp_path):
    run = finished_run(tmp_path)
    member = run.member(0)
    first = open_exported(run, member, OnnxKeypoints, "cpu")
    written = member.exported_file.stat().st_mtime_ns
    open_exported(run, member, OnnxKeypoints, "cpu")
    assert member.exported_file.stat().st_mtime_ns == written
    member.finish(trained_a_little("lenet").state_dict(), member.summary)
    again = open_exported(run, member, OnnxKeypoints, "cpu")
    assert again.metadata.weights != first.metadata.weights
    whole = member.exported_file.read_bytes()
    weights = next(each for each in onnx.load(member.exported_file).graph.initializer
                   if len(each.raw_data) > 1000)  # fmt: skip
    changed = bytearray(whole)
    changed[whole.index(weights.raw_data) + 500] ^= 1  # of a number
    member.exported_file.write_bytes(changed)
    open_exported(run, member, OnnxKeypoints, "cpu")
    assert member.exported_file.read_bytes() != changed
    member.exported_file.write_bytes(b"not a network")
    mended = open_exported(run, member, OnnxKeypoints, "cpu")
    assert mended.metadata.weights == again.metadata.weights


def test_a_network_whose_training_diverged_is_refused(tmp_path):
    network = build_network("lenet", SHAPE)
    with torch.no_grad():
        network.head[0].weight[:] = torch.nan
    with pytest.raises(RunError, match=r"training diverged.*lower learning rate"):
        exported(tmp_path, networks=(network,))
    assert not list(tmp_path.glob("*.onnx"))


@pytest.mark.parametrize("part", ["place", "decide"])
def test_a_detector_of_which_one_output_diverged_is_refused(tmp_path, part):
    run = finished_run(tmp_path, "detector", EYES)
    member = run.member(0)
    network = member.load_network(CPU)
    with torch.no_grad():
        getattr(network.second_stage, part).weight[:] = torch.nan
    member.finish(network.state_dict(), member.summary)
    with pytest.raises(RunError, match="training diverged"):
        export_run(run, tmp_path / "detector.onnx")


def test_a_file_that_differs_from_torch_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(run_export, "with_metadata", with_another_weight)
    with pytest.raises(RunError, match="differs from torch by"):
        exported(tmp_path)
    assert not list(tmp_path.glob("*.onnx"))


def with_another_weight(model, metadata):
    """As `with_metadata`, of a model of which one tensor of weights is twice as large."""
    changed = with_metadata(model, metadata)
    weights = max(changed.graph.initializer, key=lambda each: len(each.raw_data))
    doubled = 2 * onnx.numpy_helper.to_array(weights)
    weights.CopyFrom(onnx.numpy_helper.from_array(doubled, weights.name))
    return changed


def test_normalisation_becomes_part_of_the_convolutions(tmp_path):
    network = trained_a_little("gridnet_xs")
    plain = fused(network)
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in plain.modules())
    assert any(isinstance(layer, torch.nn.BatchNorm2d) for layer in network.modules())
    images = torch.from_numpy(chips())
    with torch.no_grad():
        torch.testing.assert_close(plain(images), network(images), atol=1e-3, rtol=1e-4)


def test_normalisation_that_follows_no_convolution_stays():
    layers = torch.nn.Sequential(torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.BatchNorm2d(4))
    images = torch.rand(2, 1, 8, 8)
    torch.testing.assert_close(fused(layers)(images), layers.eval()(images))


def test_the_scheme_of_the_competition_is_kept(lenet_file):
    file = OnnxKeypoints(lenet_file)
    assert file.metadata.scheme == KAGGLE15 and file.metadata.usable_conventions == ["A"]
