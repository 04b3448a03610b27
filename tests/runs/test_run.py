"""Run directories: their record, what makes two of them the same, and what is not a run."""

import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch
from support.own_schemes import THREE
from support.small_runs import QUICK, new_run, quick

from kaggle_fkd.errors import RunError
from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.runs.find import find_run, runs_in
from kaggle_fkd.runs.run import open_run, start_run


@pytest.fixture
def copied(crossed_run, tmp_path):
    """The run with a member for each of three folds, to write into."""
    return open_run(shutil.copytree(crossed_run.folder, tmp_path / crossed_run.name))


def test_runs_of_the_same_second_have_folders_of_their_own(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: new_run(tmp_path), range(8)))
    assert len({run.folder for run in runs}) == 8


def test_a_run_directory_that_cannot_be_completed_is_absent(tmp_path):
    def interrupt(folder):
        (folder / "label_fixes.csv").write_text("row,")
        raise KeyboardInterrupt

    run = new_run(tmp_path / "other")
    data = {"data_hash": "of the test", "sample_faces": True}
    with pytest.raises(KeyboardInterrupt):
        start_run(
            tmp_path / "runs", run.config, data, run.scheme, run.shape, "a CPU", interrupt
        )  # fmt: skip
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_run_directory_tells_everything(copied):
    names = {path.name for path in copied.folder.iterdir()}
    assert names == {"run.json", "member-00", "member-01", "member-02"}
    member = copied.member(0)
    names = {path.name for path in member.folder.iterdir() if not path.name.startswith(".")}
    names -= {"weights.onnx", "weights.json"}  # the run may have been used on photographs
    assert names == {"metrics.csv", "weights.safetensors", "summary.json"}
    assert torch.__version__.startswith(copied.record["packages"]["torch"])
    assert copied.record["config"]["train"]["seed"] == 0
    assert copied.record["data_hash"] == "of the test"
    assert copied.record["device"] == "a CPU"


@pytest.mark.parametrize("scheme", [KAGGLE15, IBUG68, THREE], ids=lambda scheme: scheme.name)
def test_an_opened_run_is_what_it_was_started_as(tmp_path, scheme):
    config = quick(seed=3, labels="imputed")
    run = open_run(new_run(tmp_path, config, scheme).folder)
    assert run.scheme == scheme and run.config == config and run.sample_faces
    assert run.shape == NetworkShape(96, 96, len(scheme.names), heads=1)
    assert run.members == [] and run.members_started == 0 and not run.finished


def test_a_run_is_only_of_its_own_settings_and_data(tmp_path):
    run = new_run(tmp_path)
    assert run.matches(QUICK, "of the test")
    assert run.matches(quick(members=7), "of the test")  # the same networks, only more of them
    assert not run.matches(QUICK, "other data")
    assert not run.matches(quick(seed=1), "of the test")
    assert not run.matches(replace(QUICK, augment=replace(QUICK.augment, flip=0)), "of the test")
    assert open_run(run.folder).config == QUICK


def test_a_run_of_another_version_does_not_count_as_the_same(tmp_path):
    run = new_run(tmp_path)
    change_record(run, version="0.0.1")
    assert not open_run(run.folder).matches(QUICK, "of the test")


def change_record(run, **changes):
    (run.folder / "run.json").write_text(json.dumps({**run.record, **changes}))


STORED = QUICK.training_settings()
WITHOUT_FLIPS = {name: value for name, value in STORED["augment"].items() if name != "flip"}


@pytest.mark.parametrize(
    "config",
    [
        {**STORED, "train": {**STORED["train"], "patience": 10}},
        {**STORED, "augment": WITHOUT_FLIPS},
        {**STORED, "train": {**STORED["train"], "epochs": "many"}},
        {**STORED, "train": {**STORED["train"], "epochs": 0}},
        {**STORED, "train": {**STORED["train"], "folds": 2.5}},
        {**STORED, "train": {**STORED["train"], "audit": 3}},
        {**STORED, "train": {**STORED["train"], "mirror_heads": "yes"}},
        {**STORED, "train": []},
        {"train": STORED["train"]},
        [],
        None,
    ],
    ids=[
        "more", "fewer", "text", "impossible", "no integer", "no text", "no switch",
        "list for section", "incomplete", "list", "none",
    ],
)  # fmt: skip
def test_a_run_with_other_settings_is_passed_over_and_named(tmp_path, capsys, config):
    foreign, own = new_run(tmp_path), new_run(tmp_path)
    change_record(foreign, version="0.1", config=config)
    assert [run.name for run in runs_in(tmp_path)] == [own.name]
    err = capsys.readouterr().err
    assert "warning: passed over" in err and foreign.name in err
    with pytest.raises(RunError, match=r"version 0\.1, whose settings differ") as caught:
        find_run(tmp_path, foreign.name)
    assert foreign.name in caught.value.problem and "another run" in caught.value.remedy


def test_a_run_that_has_lost_its_record_is_passed_over_and_named(tmp_path, capsys):
    lost, own = new_run(tmp_path), new_run(tmp_path)
    lost.member(0).folder.mkdir()
    (lost.folder / "run.json").unlink()
    assert [run.name for run in runs_in(tmp_path)] == [own.name]
    assert f"passed over: {lost.folder}: run.json is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    "record",
    [
        {"scheme": "of another planet"},
        {"shape": {"depth": 3}},
        {"shape": {"height": 1.5, "width": 96, "keypoints": 15, "heads": 1}},
        {"shape": {"height": 10**9, "width": 96, "keypoints": 15, "heads": 1}},
    ],
)
def test_a_run_of_other_keypoints_or_shape_is_passed_over(tmp_path, record):
    change_record(new_run(tmp_path), **record)
    assert runs_in(tmp_path) == []


def test_a_run_whose_data_are_not_named_by_a_text_is_passed_over(tmp_path):
    change_record(new_run(tmp_path), data_hash=5)
    assert runs_in(tmp_path) == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": "0.3.0"}'])
def test_a_run_whose_record_is_damaged_is_named(tmp_path, content):
    run = new_run(tmp_path)
    (run.folder / "run.json").write_text(content)
    with pytest.raises(RunError, match=r"run\.json is missing or damaged") as caught:
        open_run(run.folder)
    assert str(run.folder) in caught.value.problem


def test_foreign_files_in_a_run_are_no_members(copied):
    shutil.copytree(copied.member(0).folder, copied.folder / "member-00 (copy)")
    (copied.folder / "member-notes.txt").touch()
    assert [member.index for member in copied.members] == [0, 1, 2]


def test_a_run_is_cross_validated_when_every_fold_was_held_out(copied):
    assert copied.cross_validated and copied.finished
    shutil.rmtree(copied.member(1).folder)
    assert not copied.cross_validated and not copied.finished
    assert [member.index for member in copied.members] == [0, 2] and copied.members_started == 3


def test_a_password_in_an_address_is_not_recorded(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["kaggle-fkd", "--url", "http://user:hidden@host/a.zip"])
    assert new_run(tmp_path).record["command"][-1] == "http://***@host/a.zip"
