"""What `benchmarks/training.py` computes from its measurements."""

import numpy as np
import pandas as pd
import pytest
import torch
from support import csv_files
from support.made_up_faces import varied_faces
from torch import nn

from benchmarks.cost import choices
from benchmarks.cost.epoch import convolution_rate, epoch_costs, multiply_adds
from benchmarks.cost.loading import loading_costs, pixels_from_string, split_pixels
from benchmarks.cost.row import Row
from benchmarks.cost.stages import growth, run_stage, sample_size
from benchmarks.cost.target import seconds_to
from benchmarks.training import write_section
from kaggle_fkd.competition.archive import TRAINING
from kaggle_fkd.competition.load import load_competition
from kaggle_fkd.competition.sample.files import SampleSize


def test_a_layer_costs_as_much_for_its_weights_and_for_its_inputs_as_forward():
    layer = nn.Conv2d(3, 5, 3, bias=False)
    once = 2 * 8 * 8 * 5 * 3 * 3 * 3
    assert multiply_adds(layer, torch.randn(2, 3, 10, 10)) == 2 * once  # no gradient of pictures
    assert multiply_adds(layer, torch.randn(2, 3, 10, 10, requires_grad=True)) == 3 * once
    assert layer.weight.grad is None


def test_the_convolutions_of_a_network_are_measured_without_its_other_layers():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 36, 3))
    assert 0 < convolution_rate(network, torch.randn(4, 1, 8, 8), "fp32") < float("inf")
    assert not any(module._forward_hooks for module in network.modules())


@pytest.mark.slow
def test_the_parts_of_an_epoch_are_shares_of_it_in_both_precisions():
    rows = pd.DataFrame(epoch_costs(varied_faces(40, 40), "lenet", 32, 64))
    table = rows.set_index(["work", "variant"])["value"].unstack()
    assert list(table) == ["bf16", "fp32"] and np.isfinite(table).all(axis=None)
    parts = [table.loc[f"share of {name}"] for name in ("validation", "bookkeeping")]
    total = table.loc["share of data, augmentation, validation, bookkeeping (target: below 10 %)"]
    assert (sum(parts) < total).all() and (total < 100).all()
    assert table.loc["multiply-adds of an epoch"].nunique() == 1


def test_every_way_of_a_step_is_measured_beside_what_it_is(monkeypatch):
    ways = {name: way for name, way in choices.WAYS.items() if name != "compiled"}  # half a minute
    monkeypatch.setattr(choices, "WAYS", ways)
    rows = pd.DataFrame(choices.choice_costs(varied_faces(40, 40), "lenet", 32))
    table = rows.set_index(["work", "variant"])["value"].unstack()
    assert set(table) == set(ways) and (table > 0).all(axis=None)
    assert table.loc["relative to what it is", choices.AS_IT_IS] == 1


def test_every_way_of_reading_gives_the_pixels_of_the_loader(sample_dir):
    table = pd.read_csv(sample_dir / TRAINING, nrows=3)
    images = load_competition(sample_dir).train.images[:3].reshape(3, -1)
    for parse in (split_pixels, pixels_from_string):
        assert np.array_equal(np.stack(table["Image"].apply(parse).to_list()), images)


@pytest.mark.slow
def test_loading_is_measured_without_and_with_a_cache(tmp_path):
    csv_files.write_plain(tmp_path, csv_files.tables())
    rows = list(loading_costs(tmp_path))
    assert {row.variant for row in rows} == {"6 rows"} and len(rows) == 5
    assert all(row.value > 0 for row in rows)


def test_larger_samples_have_the_same_proportions():
    assert sample_size(800) == SampleSize()
    assert sample_size(200) == SampleSize(80, 120, 22, 52)


def test_growth_is_that_between_the_most_rows():
    assert growth([10.0, 11.0, 44.0]) == 1.0
    assert growth([10.0, 11.0, 88.0]) == 2.0


@pytest.mark.slow
def test_a_stage_is_measured_in_a_process_of_its_own(tmp_path):
    seconds, memory = run_stage("sample", str(tmp_path), ["12", "12", "2", "3"])
    assert seconds > 0 and 20 < memory < 2000
    assert len(load_competition(tmp_path / "data" / "sample").train) == 24


def test_the_time_to_a_score_is_that_of_the_first_epoch_with_it():
    metrics = pd.DataFrame({"val_rmse": [5.0, 3.0, 3.2, 2.0], "seconds": [4.0, 1.0, 1.0, 1.0]})
    assert seconds_to(3.1, metrics) == 5
    assert np.isnan(seconds_to(1.9, metrics))


def test_a_section_that_is_measured_again_replaces_its_rows_and_keeps_the_others(tmp_path):
    path = tmp_path / "results" / "training.csv"
    write_section(path, "loading", [Row("all files", "6 rows", 2.0, "s")])
    write_section(path, "epoch", [Row("epoch", "fp32", 9.0, "s")])
    write_section(path, "loading", [Row("all files", "6 rows", 1.0, "s")])
    table = pd.read_csv(path)
    assert table["section"].tolist() == ["epoch", "loading"]
    assert table["value"].tolist() == [9.0, 1.0]
    assert table[["commit", "device", "threads"]].notna().all(axis=None)
