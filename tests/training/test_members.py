"""Runs and their members: folds, seeds, directories."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from support.small_runs import CPU, QUICK, new_run, quick

from kaggle_fkd.errors import RunError
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.runs.run import find_run, joined_name, newest_trained, open_run, runs_in
from kaggle_fkd.training import members
from kaggle_fkd.training.members import held_out_faces, train_members
from kaggle_fkd.training.trainer import Trainer


@pytest.fixture
def copied(crossed_run, tmp_path):
    """The run with a member for each of three folds, to write into."""
    return open_run(shutil.copytree(crossed_run.folder, tmp_path / crossed_run.name))


@pytest.fixture
def trained(monkeypatch):
    """Members train at once and learn nothing; here is (training, validation) of each."""
    seen = []

    class Instant:
        def __init__(self, member, train, validation, device):
            seen.append((train, validation))

        def fit(self):
            return {"validation_rmse": {}}

    monkeypatch.setattr(members, "Training", Instant)
    return seen


def hashes(faces):
    return {image.tobytes() for image in faces.images}


def test_every_member_holds_out_another_fold(tmp_path, competition, trained):
    faces = competition.train
    train_members(new_run(tmp_path, quick(folds=4)), faces, 4, CPU)
    held_out = np.concatenate([validation.ids for _, validation in trained])
    assert np.array_equal(np.sort(held_out), faces.ids)
    for train, validation in trained:
        assert np.array_equal(np.sort(np.r_[train.ids, validation.ids]), faces.ids)


def test_no_repeat_of_a_held_out_image_trains_the_member(tmp_path, competition, trained):
    faces = competition.train
    assert len(hashes(faces)) < len(faces)  # there are repeats
    train_members(new_run(tmp_path, quick(folds=4)), faces, 4, CPU)
    for train, validation in trained:
        assert not hashes(train) & hashes(validation)


def test_more_members_than_folds_hold_out_the_folds_again(tmp_path, competition):
    run = new_run(tmp_path, quick(folds=3))
    first, second, fourth = (
        held_out_faces(run.member(index), competition.train) for index in (0, 1, 3)
    )
    assert np.array_equal(first, fourth) and not (first & second).any()


def test_members_of_one_convention_see_no_other_face(tmp_path, competition, trained):
    train_members(new_run(tmp_path, quick(folds=3, only="B")), competition.train, 3, CPU)
    assert {int(c) for pair in trained for faces in pair for c in faces.convention} == {1}


@pytest.mark.parametrize("labels", ["imputed", "complete"])
def test_members_validate_on_labels_as_they_are(tmp_path, competition, trained, labels):
    train_members(new_run(tmp_path, quick(folds=3, labels=labels)), competition.train, 1, CPU)
    ((train, validation),) = trained
    assert train.labelled.all() and not validation.labelled.all()


def test_members_learn_from_treated_labels_and_validate_on_all(tmp_path, competition, trained):
    faces = competition.train
    keypoints = faces.keypoints.copy()
    keypoints[::2, :4] = np.nan
    treated = replace(faces, keypoints=keypoints)
    train_members(new_run(tmp_path, quick(folds=3)), faces, 1, CPU, treated)
    ((train, validation),) = trained
    for seen, labels in ((train, treated), (validation, faces)):
        of_it = labels[np.isin(labels.ids, seen.ids)]
        assert np.array_equal(seen.keypoints, of_it.keypoints, equal_nan=True)
        assert (seen.ids % 2 == 0).any()


def test_members_begin_with_weights_of_their_own(tmp_path):
    run = new_run(tmp_path, quick(seed=5))
    first, again, second = (
        run.member(index).new_network().state_dict()["head.0.weight"] for index in (0, 0, 1)
    )
    assert torch.equal(first, again) and not torch.equal(first, second)
    assert run.member(0).seed != run.member(1).seed


def test_finished_members_differ_and_record_their_fold(crossed_run):
    assert crossed_run.finished and crossed_run.has_members(3) and not crossed_run.has_members(4)
    assert [member.index for member in crossed_run.members] == [0, 1, 2]
    assert [member.summary["held_out_fold"] for member in crossed_run.members] == [0, 1, 2]
    assert len({member.weights_file.read_bytes() for member in crossed_run.members}) == 3


def test_a_run_is_extended_without_training_its_members_again(copied, competition):
    before = {m.name: m.weights_file.stat().st_mtime_ns for m in copied.members}
    train_members(copied, competition.train, 4, CPU)
    after = {m.name: m.weights_file.stat().st_mtime_ns for m in copied.members}
    assert len(after) == 4 and after.items() >= before.items()
    assert copied.member(3).summary["held_out_fold"] == 0


def test_an_interrupted_run_goes_on_in_the_member_where_it_was(
    copied, competition, monkeypatch, capsys
):
    for index in (1, 2):
        shutil.rmtree(copied.member(index).folder)
    record = Trainer._record

    def interrupted(self, *arguments):
        record(self, *arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "_record", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_members(copied, competition.train, 3, CPU)
    assert [member.index for member in copied.members] == [0] and not copied.finished
    assert copied.member(1).state_file.exists() and not copied.member(2).folder.exists()
    monkeypatch.undo()
    train_members(copied, competition.train, 3, CPU)
    assert copied.finished and not copied.member(1).state_file.exists()
    assert capsys.readouterr().err.count("continuing after epoch 1") == 1


def test_training_in_parts_gives_what_training_at_once_gives(copied, crossed_run, competition):
    for index in (1, 2):
        shutil.rmtree(copied.member(index).folder)
    for count in (2, 3):
        train_members(copied, competition.train, count, CPU)
    for part, whole in zip(copied.members, crossed_run.members, strict=True):
        assert part.weights_file.read_bytes() == whole.weights_file.read_bytes()


def test_runs_of_the_same_second_have_folders_of_their_own(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: new_run(tmp_path), range(8)))
    assert len({run.folder for run in runs}) == 8


def test_a_run_directory_tells_everything_and_nothing_is_trained_twice(copied, tmp_path):
    names = {path.name for path in copied.folder.iterdir()}
    assert names == {"run.json", "member-00", "member-01", "member-02"}
    member = copied.member(0)
    names = {path.name for path in member.folder.iterdir() if not path.name.startswith(".")}
    assert names == {"metrics.csv", "learning_curve.png", "weights.safetensors", "summary.json"}
    assert copied.record["packages"]["torch"] == torch.__version__
    assert copied.record["config"]["train"]["seed"] == 0
    assert copied.record["data_hash"] == "of the test"


def test_a_finished_member_is_left_as_it_is(copied, competition):
    member = copied.member(0)
    written = member.weights_file.stat().st_mtime_ns
    faces = competition.train
    assert Trainer(member, faces, faces[:3], CPU).fit() == member.summary
    assert member.weights_file.stat().st_mtime_ns == written


def test_runs_are_found_by_name_path_and_age(copied, tmp_path):
    fresh = new_run(tmp_path)
    assert newest_trained(tmp_path, KAGGLE15).name == copied.name
    assert find_run(tmp_path, fresh.name).folder == fresh.folder
    assert find_run(tmp_path / "elsewhere", str(fresh.folder)).folder == fresh.folder
    with pytest.raises(RunError, match="none of its networks"):
        fresh.require_members()
    with pytest.raises(RunError, match="no run xyz") as caught:
        find_run(tmp_path, "xyz")
    assert copied.name in caught.value.remedy


def test_a_run_is_only_of_its_own_settings_and_data(tmp_path):
    run = new_run(tmp_path)
    assert run.matches(QUICK, "of the test")
    assert run.matches(quick(members=7), "of the test")  # the same networks, only more of them
    assert not run.matches(QUICK, "other data")
    assert not run.matches(quick(seed=1), "of the test")
    assert not run.matches(replace(QUICK, augment=replace(QUICK.augment, flip=0)), "of the test")
    assert open_run(run.folder).config == QUICK


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
        {"train": STORED["train"]},
        [],
        None,
    ],
    ids=["more", "fewer", "text", "impossible", "incomplete", "list", "none"],
)
def test_a_run_with_other_settings_is_passed_over_and_named(tmp_path, capsys, config):
    foreign, own = new_run(tmp_path), new_run(tmp_path)
    change_record(foreign, version="0.1", config=config)
    assert [run.name for run in runs_in(tmp_path)] == [own.name]
    err = capsys.readouterr().err
    assert "warning: passed over" in err and foreign.name in err
    with pytest.raises(RunError, match="other settings than there are now") as caught:
        find_run(tmp_path, foreign.name)
    assert foreign.name in caught.value.problem and "--run" in caught.value.remedy


@pytest.mark.parametrize(
    "record", [{"scheme": "of another planet"}, {"shape": {"depth": 3}}], ids=["scheme", "shape"]
)
def test_a_run_of_other_keypoints_or_shape_is_passed_over(tmp_path, record):
    change_record(new_run(tmp_path), **record)
    assert runs_in(tmp_path) == []


def test_foreign_files_in_a_run_are_no_members(copied):
    shutil.copytree(copied.member(0).folder, copied.folder / "member-00 (copy)")
    (copied.folder / "member-notes.txt").touch()
    assert [member.index for member in copied.members] == [0, 1, 2]


def test_other_runs_make_another_name_however_many_they_are():
    def name(letters):
        return joined_name([SimpleNamespace(name=letter * 30) for letter in letters])

    names = [name(letters) for letters in ("A", "AB", "ABC", "ABCD", "ABCE", "ABCDE")]
    assert len(set(names)) == len(names) and max(map(len, names)) < 100
