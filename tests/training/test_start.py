"""Trunks that start from those of another network."""

import copy
import json

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from support.exported_networks import exported, finished_run, fresh_network
from support.made_up_faces import make_faces
from support.small_runs import CPU, interrupted_in_epoch, new_run, new_trainer, quick
from torch import nn

from kaggle_fkd.errors import RunError, UsageError
from kaggle_fkd.experiment import train
from kaggle_fkd.runs.find import runs_in
from kaggle_fkd.training import start
from kaggle_fkd.training.keypoint_data import KeypointData
from kaggle_fkd.training.label_fixes import Fix, write_fixes
from kaggle_fkd.training.select import TrainingRequest, choose_run

XS = quick(model="gridnet_xs")


@pytest.fixture
def used(tmp_path):
    """A network with statistics, scales and shifts of normalisation as after a training."""
    network = fresh_network("gridnet_xs", new_run(tmp_path / "used", XS).shape)
    generator = torch.Generator().manual_seed(1)
    for layer in network.trunk.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for tensor in (layer.weight, layer.bias, layer.running_mean, layer.running_var):
                tensor.data.copy_(0.5 + torch.rand(tensor.shape, generator=generator))
    return network


def features(network, training=False):
    """What the trunk computes of some faces."""
    images = torch.from_numpy(make_faces(32, seed=7).images)[:, None].float() / 64 - 2
    trunk = copy.deepcopy(network.trunk).train(training)
    with torch.no_grad():
        return trunk(images)


def close(features, others):
    return float((features - others).abs().mean() / others.abs().mean())


def test_measured_normalisation_computes_the_same_in_training_too(tmp_path, used):
    before = features(used)
    assert close(features(used, training=True), before) > 0.5
    trainer = new_trainer(new_run(tmp_path, XS).member(0), make_faces(64))
    start.measure_normalisation(used, trainer.objective, CPU)
    assert close(features(used), before) < 1e-4
    assert close(features(used, training=True), before) < 0.2


def test_a_file_has_the_trunk_of_the_run_that_it_was_exported_from(tmp_path, used):
    file = exported(tmp_path, "gridnet_xs", networks=(used,)).path
    other = fresh_network("gridnet_xs", used.shape)
    start.load_trunk(other, start.trunk_of_file(file), XS.train)
    assert close(features(other), features(used)) < 1e-3


@pytest.mark.slow
def test_the_network_of_the_package_is_a_good_start(tmp_path, competition):
    """Its trunk knows faces: the error is much smaller at once than from random weights."""
    faces, settings = competition.train[::2], {"train.epochs": 3, "train.batch_size": 16}
    scores = []
    for source in ("", start.PACKAGE):
        run = train(faces, settings | {"train.start_from": source}, "cpu", tmp_path)
        scores.append(pd.read_csv(run.member(0).metrics_file)["train_rmse"].iloc[-1])
    assert scores[1] < 0.8 * scores[0]


@pytest.mark.slow
def test_a_run_keeps_what_it_started_from(tmp_path, used, competition):
    """So it can be resumed without the other run, and ends bit-equal."""
    other = finished_run(tmp_path / "others", "gridnet_xs", networks=(used,))
    settings = {"train.model": "gridnet_xs", "train.epochs": 2}
    settings["train.start_from"] = str(other.folder)
    faces = competition.train[::4]
    first = train(faces, settings, "cpu", tmp_path / "first")
    with interrupted_in_epoch(2), pytest.raises(KeyboardInterrupt):
        train(faces, settings, "cpu", tmp_path / "second")
    (second,) = runs_in(tmp_path / "second")
    other.member(0).weights_file.unlink()
    kept = load_file(second.member(0).start_file)
    assert all(torch.equal(kept[key], value) for key, value in used.trunk.state_dict().items())
    train(faces, settings, "cpu", tmp_path / "second")
    first, second = (run.member(0).weights_file.read_bytes() for run in (first, second))
    assert first == second


@pytest.mark.parametrize(
    ("source", "model", "error", "message"),
    [
        ("points68", "lenet", UsageError, "start_from=points68.*not that of lenet.*train.model"),
        ("points68", "gridnet_s", UsageError, "start_from=points68.*not that of gridnet_s"),
        ("points86", "gridnet", RunError, "there is no run points86"),
        ("of_lenet", "gridnet", UsageError, "start_from=of_lenet: lenet is not a grid network"),
    ],
)
def test_what_no_network_can_start_from_leaves_no_run(tmp_path, source, model, error, message):
    folder = finished_run(tmp_path, "lenet").folder
    folder.rename(tmp_path / "of_lenet")
    config = quick(model=model, start_from=source)
    request = TrainingRequest(tmp_path, KeypointData(make_faces(64)), False, config)
    with pytest.raises(error, match=message):
        choose_run(request, "a CPU")
    assert [run.name for run in runs_in(tmp_path)] == ["of_lenet"]


def test_a_run_of_the_same_faces_is_no_start(tmp_path):
    """It has learnt from the faces that the new members hold out."""
    data = KeypointData(make_faces(64))
    config = quick(model="gridnet_xs")
    run = finished_run(tmp_path, "gridnet_xs")
    record = {**run.record, "data_hash": data.digest(config.train, run.label_files)}
    (run.folder / "run.json").write_text(json.dumps(record))
    row = int(data.faces.ids[3])
    write_fixes(tmp_path / "fixes.csv", [Fix(row, "", "drop")])
    for fixes in ("", str(tmp_path / "fixes.csv")):
        config = quick(model="gridnet_xs", start_from=run.name, label_fixes=fixes)
        with pytest.raises(UsageError, match="trained on these very faces"):
            choose_run(TrainingRequest(tmp_path, data, False, config), "a CPU")


def test_a_preset_with_outside_data_starts_from_it_and_says_so(done):
    code, _, err = done("--stage", "train", "--preset", "cpu_external", "--epochs", "1")
    assert code == 0 and "train.start_from=points68: these weights come from outside data" in err
    (run,) = (run for run in runs_in(done.runs) if run.config.train.start_from)
    assert run.member(0).finished
