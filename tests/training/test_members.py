"""Members of a run: what each learns from, and training them one after the other."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from support.small_runs import (
    CPU,
    interrupted_in_epoch,
    new_run,
    new_trainer,
    quick,
    train_all,
    train_member,
)

from kaggle_fkd.errors import DataError, RunError
from kaggle_fkd.runs.run import open_run
from kaggle_fkd.training.folds import held_out_faces
from kaggle_fkd.training.keypoint_data import KeypointData, split
from kaggle_fkd.training.members import train_members
from kaggle_fkd.training.trainer import seeded


@pytest.fixture
def copied(crossed_run, tmp_path):
    """The run with a member for each of three folds, to write into."""
    return open_run(shutil.copytree(crossed_run.folder, tmp_path / crossed_run.name))


def splits(run, faces, count, treated=None):
    """(training, validation) of the first members."""
    treated = faces if treated is None else treated
    return [split(run.member(index), faces, treated) for index in range(count)]


def hashes(faces):
    return {image.tobytes() for image in faces.images}


def test_every_member_holds_out_another_fold(tmp_path, competition):
    faces = competition.train
    parts = splits(new_run(tmp_path, quick(folds=4)), faces, 4)
    held_out = np.concatenate([validation.ids for _, validation in parts])
    assert np.array_equal(np.sort(held_out), faces.ids)
    for train, validation in parts:
        assert np.array_equal(np.sort(np.r_[train.ids, validation.ids]), faces.ids)


def test_no_repeat_of_a_held_out_image_trains_the_member(tmp_path, competition):
    faces = competition.train
    assert len(hashes(faces)) < len(faces)  # there are repeats
    for train, validation in splits(new_run(tmp_path, quick(folds=4)), faces, 4):
        assert not hashes(train) & hashes(validation)


def test_more_members_than_folds_hold_out_the_folds_again(tmp_path, competition):
    run = new_run(tmp_path, quick(folds=3))
    first, second, fourth = (
        held_out_faces(run.member(index), competition.train) for index in (0, 1, 3)
    )
    assert np.array_equal(first, fourth) and not (first & second).any()


def test_members_of_one_convention_see_no_other_face(tmp_path, competition):
    run = new_run(tmp_path, quick(folds=3, only_convention="B"))
    parts = splits(run, competition.train, 3)
    assert {int(c) for pair in parts for faces in pair for c in faces.convention} == {1}


@pytest.mark.parametrize("labels", ["imputed", "complete"])
def test_members_validate_on_labels_as_they_are(tmp_path, competition, labels):
    run = new_run(tmp_path, quick(folds=3, labels=labels))
    ((train, validation),) = splits(run, competition.train, 1)
    assert train.labelled.all() and not validation.labelled.all()


def test_members_learn_from_treated_labels_and_validate_on_all(tmp_path, competition):
    faces = competition.train
    keypoints = faces.keypoints.copy()
    keypoints[::2, :4] = np.nan
    treated = replace(faces, keypoints=keypoints)
    ((train, validation),) = splits(new_run(tmp_path, quick(folds=3)), faces, 1, treated)
    for seen, labels in ((train, treated), (validation, faces)):
        expected = labels[np.isin(labels.ids, seen.ids)]
        assert np.array_equal(seen.keypoints, expected.keypoints, equal_nan=True)
        assert (seen.ids % 2 == 0).any()


def test_faces_that_lost_all_their_labels_train_nothing(tmp_path, competition):
    faces = competition.train
    keypoints = faces.keypoints.copy()
    keypoints[::2] = np.nan
    treated = replace(faces, keypoints=keypoints)
    ((train, validation),) = splits(new_run(tmp_path, quick(folds=3)), faces, 1, treated)
    assert (train.ids % 2 == 1).all() and (validation.ids % 2 == 0).any()


@pytest.mark.parametrize("without", ["training", "validation"])
def test_a_member_without_labels_to_learn_or_to_validate_is_refused(tmp_path, competition, without):
    faces = competition.train
    member = new_run(tmp_path, quick(folds=3)).member(0)
    held_out = held_out_faces(member, faces)
    keypoints = faces.keypoints.copy()
    keypoints[held_out if without == "validation" else ~held_out] = np.nan
    unlabelled = replace(faces, keypoints=keypoints)
    with pytest.raises(DataError, match="no labelled face to train on, or none to validate on"):
        split(member, unlabelled, unlabelled)


def test_members_begin_with_weights_of_their_own(tmp_path, competition):
    run = new_run(tmp_path, quick(seed=5))

    def first_weights(member):
        with seeded(member.seed, CPU):
            trainer = new_trainer(member, competition.train)
        return trainer.weights()["head.0.weight"]

    first, again, second = (first_weights(run.member(index)) for index in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, second)
    assert run.member(0).seed != run.member(1).seed


def test_finished_members_differ_and_record_their_fold(crossed_run):
    assert crossed_run.finished and crossed_run.has_members(3) and not crossed_run.has_members(4)
    assert [member.index for member in crossed_run.members] == [0, 1, 2]
    assert [member.summary["held_out_fold"] for member in crossed_run.members] == [0, 1, 2]
    assert len({member.weights_file.read_bytes() for member in crossed_run.members}) == 3


@pytest.mark.slow
def test_each_member_is_given_as_soon_as_it_is_finished(tmp_path, competition):
    run = new_run(tmp_path, quick(epochs=1, folds=3, lr=1e-4))
    members = train_members(run, KeypointData(competition.train), 3, CPU)
    assert next(members).index == 0
    assert [member.index for member in run.members] == [0]
    assert [member.index for member in members] == [1, 2]
    assert train_all(run, competition.train, 3) == []  # none is trained twice


def test_a_run_is_extended_without_training_its_members_again(copied, competition):
    before = {m.name: m.weights_file.stat().st_mtime_ns for m in copied.members}
    train_all(copied, competition.train, 4)
    after = {m.name: m.weights_file.stat().st_mtime_ns for m in copied.members}
    assert len(after) == 4 and after.items() >= before.items()
    assert copied.member(3).summary["held_out_fold"] == 0


@pytest.mark.slow
def test_an_interrupted_run_continues_in_the_member_where_it_was(copied, competition, capsys):
    for index in (1, 2):
        shutil.rmtree(copied.member(index).folder)
    with interrupted_in_epoch(2), pytest.raises(KeyboardInterrupt):
        train_all(copied, competition.train, 3)
    assert [member.index for member in copied.members] == [0] and not copied.finished
    assert copied.member(1).state_file.exists() and not copied.member(2).folder.exists()
    train_all(copied, competition.train, 3)
    assert copied.finished and not copied.member(1).state_file.exists()
    assert capsys.readouterr().err.count("continuing after epoch 1") == 1


@pytest.mark.slow
def test_training_in_parts_gives_what_training_at_once_gives(copied, crossed_run, competition):
    for index in (1, 2):
        shutil.rmtree(copied.member(index).folder)
    for count in (2, 3):
        train_all(copied, competition.train, count)
    for part, complete in zip(copied.members, crossed_run.members, strict=True):
        assert part.weights_file.read_bytes() == complete.weights_file.read_bytes()


def test_a_finished_member_is_left_as_it_is(copied, competition):
    member = copied.member(0)
    written = member.weights_file.stat().st_mtime_ns
    faces = competition.train
    assert train_member(member, faces, faces[:3], CPU) == member.summary
    assert member.weights_file.stat().st_mtime_ns == written


def test_a_member_that_another_process_trains_stops_the_run(tmp_path, competition):
    run = new_run(tmp_path, quick(folds=3))
    with run.member(0).locked(), pytest.raises(RunError, match="another process"):
        train_all(open_run(run.folder), competition.train, 1)
