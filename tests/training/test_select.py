"""Which run is trained: a named one, the newest unfinished one, a finished one, or a new one."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from support.made_up_faces import varied_faces, with_noise_and_errors
from support.small_runs import QUICK, quick

from kaggle_fkd.config import Config, TrainConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError, RunError, UsageError
from kaggle_fkd.evaluation.audit import audit, write_audit
from kaggle_fkd.runs.find import runs_in
from kaggle_fkd.training.data import same_data
from kaggle_fkd.training.keypoint_data import KeypointData
from kaggle_fkd.training.select import (
    NEWEST,
    TrainingRequest,
    choose_run,
    require_same_data,
)


@pytest.fixture
def faces():
    return varied_faces(30, 20)


@pytest.fixture
def choose(tmp_path, faces):
    """`choose_run` on these faces; a keyword changes the request."""

    def call(config=QUICK, faces=faces, **changes):
        request = TrainingRequest(tmp_path, KeypointData(faces), False, config)
        return choose_run(replace(request, **changes), "a CPU")

    return call


def finish(run, members=1):
    """The run's first members as if they had been trained."""
    for member in map(run.member, range(members)):
        member.folder.mkdir(exist_ok=True)
        member.weights_file.touch()
        summary = {"validation_rmse": {"all": 2.0}, "finished": "2999"}
        member.summary_file.write_text(json.dumps(summary))
    return run


def test_a_new_run_records_its_faces_settings_and_device(choose, faces):
    run = choose(sample_faces=True)
    assert run.config == QUICK and run.scheme == faces.scheme
    assert run.record["data_hash"] == faces.digest() and run.sample_faces
    assert run.record["device"] == "a CPU" and run.members == []
    assert require_same_data(run, KeypointData(faces)) is run


def test_a_finished_run_of_the_same_settings_is_not_trained_again(choose):
    run = finish(choose())
    assert choose().name == run.name
    assert choose(resume=NEWEST).name == run.name
    assert choose(quick(members=3)).name == run.name  # with fewer members than wanted: extended
    assert choose(quick(seed=1)).name != run.name


def test_force_starts_a_new_run_nevertheless(choose):
    run = finish(choose())
    assert choose(force=True).name != run.name


def test_of_finished_runs_the_one_with_most_members_is_taken(choose):
    few = finish(choose(), 1)
    many = finish(choose(force=True), 3)
    finish(choose(force=True), 2)
    assert few.name != many.name and choose().name == many.name


def test_an_unfinished_run_is_named_and_left_unless_it_is_to_be_resumed(choose, capsys):
    run = choose()
    capsys.readouterr()
    assert choose().name != run.name
    assert f"{run.name} has the same settings and is unfinished" in capsys.readouterr().err
    assert choose(resume=run.name).name == run.name
    assert choose(resume=str(run.folder)).name == run.name


def test_the_newest_unfinished_run_is_resumed(choose):
    """Of these settings: the stage looks for one of any settings."""
    first, other = choose(), choose(quick(seed=1))
    # Runs of the same second: make the order sure.
    for run, written in ((first, "2001"), (other, "2002")):
        (run.folder / "run.json").write_text(json.dumps({**run.record, "written": written}))
    assert choose(resume=NEWEST).name == first.name
    assert choose(quick(seed=1), resume=NEWEST).name == other.name
    finish(first)
    assert choose(resume=NEWEST).name == first.name  # which is finished
    assert choose(quick(seed=2), resume=NEWEST).config.train.seed == 2


def test_resuming_with_settings_of_no_unfinished_run_names_one_with_others(choose, capsys):
    run = choose()
    capsys.readouterr()
    assert choose(quick(seed=1), resume=NEWEST).name != run.name
    err = capsys.readouterr().err
    assert "warning: no unfinished run has these settings" in err and run.name in err


def test_unfinished_runs_of_other_faces_are_not_resumed(choose, faces):
    run = choose()
    assert choose(faces=faces[:40], resume=NEWEST, settings_given=False).name != run.name
    with pytest.raises(RunError, match="trained on a different data set") as caught:
        choose(faces=faces[:40], resume=run.name)
    assert run.name in caught.value.problem


def test_a_named_run_keeps_its_settings(choose):
    run = choose()
    with pytest.raises(UsageError, match="its settings differ") as caught:
        choose(quick(seed=1), resume=run.name)
    assert run.name in caught.value.problem and "leave the settings out" in caught.value.remedy
    assert choose(quick(seed=1), resume=run.name, settings_given=False).name == run.name
    assert choose(quick(members=9), resume=run.name).name == run.name  # the same networks
    with pytest.raises(RunError, match="there is no run nonesuch"):
        choose(resume="nonesuch")


def test_settings_for_a_run_of_another_version_are_refused_for_its_version(choose):
    run = choose()
    (run.folder / "run.json").write_text(json.dumps({**run.record, "version": "0.2.9"}))
    with pytest.raises(UsageError, match=r"started by version 0\.2\.9, and this is version"):
        choose(resume=run.name)
    assert choose(resume=run.name, settings_given=False).name == run.name


def test_a_run_of_a_scheme_of_the_same_name_is_another_run(choose, faces):
    """Its file was corrected, say: mirror images were wrong before."""
    run = finish(choose())
    corrected = replace(faces, scheme=replace(faces.scheme, flip_pairs=()))
    again = choose(faces=corrected)
    assert again.name != run.name and again.scheme == corrected.scheme
    assert not same_data(run, KeypointData(corrected))


def test_choosing_leaves_the_callers_random_numbers_as_they_were(choose):
    torch.manual_seed(99)
    before = torch.get_rng_state()
    choose()
    assert torch.equal(torch.get_rng_state(), before)


class Impossible:
    """Trainings that cannot be, as (config, faces, kind of error, a part of its message)."""

    faces = varied_faces(30, 20)
    too_few = (quick(folds=30), faces, DataError, "too few for 30 folds")
    convention = (quick(only_convention="C"), faces, UsageError, "not a label convention")
    network = (quick(model="lenett"), faces, UsageError, "did you mean lenet")
    small = (
        quick(model="fiveconv"),
        replace(faces, images=faces.images[:, :40, :40]),
        UsageError,
        "40 x 40 pixels are too small",
    )
    incomplete = (
        quick(labels="complete", only_convention="B"), faces, DataError, "has all keypoints",
    )  # fmt: skip
    unlabelled = (
        QUICK,
        replace(faces, keypoints=np.full_like(faces.keypoints, np.nan)),
        DataError,
        "no labelled face",
    )
    no_audit = (quick(audit="none.csv"), faces, DataError, "cannot be read as an audit")


CASES = {
    name: value
    for name, value in vars(Impossible).items()
    if isinstance(value, tuple) and not name.startswith("_")  # Python 3.13 adds some
}


@pytest.mark.parametrize(("config", "faces", "error", "message"), CASES.values(), ids=CASES)
def test_a_training_that_cannot_be_leaves_no_run_directory(
    tmp_path: Path, config: Config, faces: FaceDataset, error, message
):
    runs = tmp_path / "runs"
    with pytest.raises(error, match=message):
        choose_run(TrainingRequest(runs, KeypointData(faces), False, config), "a CPU")
    assert not runs.exists() or not list(runs.iterdir())


@pytest.fixture
def audit_file(faces, tmp_path):
    """Which suspects a label of each of two faces."""
    predicted = with_noise_and_errors(faces, spread=0.5)
    predicted[[3, 41], 0, :2] += 30
    table = audit(predicted, faces)
    assert table["suspected"].sum() == 2
    (tmp_path / "made").mkdir()
    write_audit(tmp_path / "made" / "audit.csv", table)
    return tmp_path / "made" / "audit.csv"


def with_audit(path, policy="drop"):
    train = TrainConfig(model="lenet", audit=str(path), suspect_policy=policy)
    return Config(train)


def test_the_same_audit_at_another_path_is_the_same_training(choose, audit_file):
    run = finish(choose(with_audit(audit_file)))
    elsewhere = audit_file.rename(audit_file.parent / "renamed.csv")
    assert choose(with_audit(elsewhere)).name == run.name
    assert choose(with_audit(elsewhere, "weight")).name != run.name
    assert choose(with_audit(elsewhere), resume=run.name).name == run.name


def test_another_audit_at_the_same_path_is_another_training(choose, audit_file, faces):
    plain, run = finish(choose()), finish(choose(with_audit(audit_file)))
    assert plain.name != run.name
    table = audit_file.read_text().splitlines()
    audit_file.write_text("\n".join([table[0], *table[2:]]) + "\n")  # without the worst
    assert choose(with_audit(audit_file)).name != run.name
    assert same_data(run, KeypointData(faces))  # it keeps a copy of its own
    assert len(runs_in(plain.folder.parent)) == 3


def test_a_face_detector_is_not_trained_on_keypoints_and_leaves_no_run(choose, tmp_path):
    with pytest.raises(UsageError, match="the network detector finds faces"):
        choose(quick(model="detector"))
    assert not list(tmp_path.glob("*-detector"))
