"""The labels that a training learns: with fixes, with an audit, and with both."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.made_up_faces import varied_faces, with_labels, with_noise_and_errors
from support.small_runs import CPU, interrupted_in_epoch, quick

from kaggle_fkd.evaluation.audit import audit, write_audit
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.runs.find import runs_in
from kaggle_fkd.runs.label_files import LabelFiles
from kaggle_fkd.runs.run import open_run
from kaggle_fkd.training.data import same_data
from kaggle_fkd.training.folds import held_out_faces
from kaggle_fkd.training.keypoint_data import KeypointData
from kaggle_fkd.training.label_fixes import DROP, KEEP, MOVE, Fix, write_fixes
from kaggle_fkd.training.members import train_members
from kaggle_fkd.training.select import TrainingRequest, choose_run
from kaggle_fkd.training.treatment import treat_labels

NOSE = KAGGLE15.nose_tip
EYES = KAGGLE15.index("left_eye_center"), KAGGLE15.index("right_eye_center")
DISPLACED, FOREIGN = 3, 5
"""Positions of faces that the audit suspects: for one label, and for all."""


@pytest.fixture(scope="module")
def faces():
    return varied_faces(24, 12)


@pytest.fixture(scope="module")
def audit_file(faces, tmp_path_factory):
    """An audit that suspects the noses of two faces, and all labels of a third."""
    predicted = with_noise_and_errors(faces, spread=0.5)
    predicted[[DISPLACED, DISPLACED + 1], NOSE, :2] += 30
    predicted[FOREIGN, :, :2] += 20
    table = audit(predicted, faces)
    suspected = table[table["suspected"]].set_index("row")["keypoint"].to_dict()
    assert suspected == {103: "nose_tip", 104: "nose_tip", 105: ""}
    path = tmp_path_factory.mktemp("audit") / "audit.csv"
    write_audit(path, table)
    return path


def labels_to_learn(faces, folder, fixes, audit_file=None, policy="drop"):
    """The faces that a training with these fixes learns from."""
    write_fixes(folder / "fixes.csv", fixes)
    files = LabelFiles(audit_file, folder / "fixes.csv")
    return treat_labels(faces, quick(suspect_policy=policy).train, files)


def test_a_kept_or_moved_label_is_not_suspected(tmp_path, faces, audit_file):
    fixes = [
        Fix(103, "nose_tip", KEEP),
        Fix(104, "nose_tip", MOVE, 47, 56),
        Fix(105, KAGGLE15.names[EYES[0]], KEEP),
    ]
    learnt = labels_to_learn(faces, tmp_path, fixes, audit_file)
    np.testing.assert_array_equal(learnt.keypoints[DISPLACED], faces.keypoints[DISPLACED])
    assert learnt.keypoints[DISPLACED + 1, NOSE].tolist() == [47, 56]
    assert learnt.labelled[FOREIGN].nonzero()[0].tolist() == [EYES[0]]
    others = np.setdiff1d(np.arange(len(faces)), [DISPLACED, DISPLACED + 1, FOREIGN])
    np.testing.assert_array_equal(learnt.keypoints[others], faces.keypoints[others])


def test_a_dropped_label_stays_dropped_whatever_the_audit_says(tmp_path, faces, audit_file):
    learnt = labels_to_learn(faces, tmp_path, [Fix(100, "", DROP)], audit_file)
    assert not learnt.labelled[0].any() and not learnt.labelled[FOREIGN].any()


def test_a_face_that_a_person_has_decided_about_keeps_its_weight(tmp_path, faces, audit_file):
    fixes = [Fix(103, "nose_tip", KEEP), Fix(104, "nose_tip", MOVE, 47, 56)]
    learnt = labels_to_learn(faces, tmp_path, fixes, audit_file, "weight")
    assert np.flatnonzero(learnt.weight != 1).tolist() == [FOREIGN]
    assert learnt.weight.dtype == np.float32
    assert learnt.keypoints[DISPLACED + 1, NOSE].tolist() == [47, 56]


@pytest.mark.parametrize("policy", ["drop", "weight"])
def test_faces_with_weights_of_their_own_keep_them(tmp_path, faces, audit_file, policy):
    weighted = replace(faces, weight=np.full(len(faces), 0.5, np.float32))
    fixes = [Fix(103, "nose_tip", KEEP), Fix(105, KAGGLE15.names[EYES[0]], KEEP)]
    learnt = labels_to_learn(weighted, tmp_path, fixes, audit_file, policy)
    assert learnt.weight[[0, DISPLACED, FOREIGN]].tolist() == [0.5] * 3
    np.testing.assert_array_equal(learnt.keypoints[DISPLACED], faces.keypoints[DISPLACED])
    assert learnt.labelled[FOREIGN, EYES[0]]
    suspected = learnt.weight[DISPLACED + 1]
    assert suspected == 0.5 if policy == "drop" else suspected < 0.5


def test_decisions_that_change_nothing_are_the_same_labels(tmp_path, faces):
    for fixes in ([], [Fix(101, "", KEEP)]):
        assert labels_to_learn(faces, tmp_path, fixes).digest() == faces.digest()


def planted(faces, rows):
    """The faces with wrong noses in these rows, and the fixes that put them back."""
    wrong, fixes = faces, []
    for row in rows:
        index = row - int(faces.ids[0])
        x, y = map(float, faces.keypoints[index, NOSE])
        wrong = with_labels(wrong, index, [NOSE], np.array([[x + 9, y - 9]]))
        fixes.append(Fix(row, "nose_tip", MOVE, x, y))
    return wrong, fixes


def choose(runs_dir, faces, config, **request):
    return choose_run(
        TrainingRequest(runs_dir, KeypointData(faces), False, config, **request), "a CPU"
    )


def weights_of(run):
    return dict(run.member(0).load_network(CPU).state_dict())


def train(run, faces):
    """Train its first member to the end."""
    list(train_members(run, KeypointData(faces), 1, CPU))
    return weights_of(run)


def assert_equal(first, second):
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name]), name


@pytest.mark.slow
def test_fixed_labels_train_the_very_network_of_labels_that_were_never_wrong(tmp_path, faces):
    config = quick(epochs=1)
    right = choose(tmp_path / "right", faces, config)
    expected = train(right, faces)
    learnt = faces[~held_out_faces(right.member(0), faces)]
    wrong, fixes = planted(faces, learnt.ids[learnt.labelled[:, NOSE]][:4].tolist())
    write_fixes(tmp_path / "fixes.csv", fixes)
    fixed = choose(tmp_path, wrong, quick(epochs=1, label_fixes=str(tmp_path / "fixes.csv")))
    assert_equal(train(fixed, wrong), expected)
    unfixed = train(choose(tmp_path / "wrong", wrong, config), wrong)
    assert any(not torch.equal(tensor, expected[name]) for name, tensor in unfixed.items())


def test_networks_are_validated_with_the_labels_of_the_data(tmp_path, faces):
    config = quick(epochs=1)
    run = choose(tmp_path / "plain", faces, config)
    train(run, faces)
    held_out = faces[held_out_faces(run.member(0), faces)]
    moves = [Fix(int(row), "nose_tip", MOVE, 3, 3) for row in held_out.ids]
    write_fixes(tmp_path / "fixes.csv", moves)
    fixed = choose(tmp_path, faces, quick(epochs=1, label_fixes=str(tmp_path / "fixes.csv")))
    train(fixed, faces)
    assert fixed.member(0).validation == run.member(0).validation


@pytest.mark.slow
def test_a_run_resumes_with_the_fixes_that_it_started_with(tmp_path, faces):
    wrong, fixes = planted(faces, faces.ids[:8].tolist())
    path = tmp_path / "fixes.csv"
    write_fixes(path, fixes)
    config = quick(epochs=3, label_fixes=str(path))
    expected = train(choose(tmp_path / "complete", wrong, config), wrong)
    broken = choose(tmp_path / "broken", wrong, config)
    with interrupted_in_epoch(2), pytest.raises(KeyboardInterrupt):
        train(broken, wrong)
    write_fixes(path, fixes[1:])
    assert same_data(open_run(broken.folder), KeypointData(wrong))
    named = choose(tmp_path / "broken", wrong, config, resume=broken.name, settings_given=False)
    assert_equal(train(named, wrong), expected)
    other = choose(tmp_path / "broken", wrong, config)
    assert other.name != broken.name and len(runs_in(tmp_path / "broken")) == 2
    path.unlink()
    assert_equal(train(open_run(broken.folder), wrong), expected)
