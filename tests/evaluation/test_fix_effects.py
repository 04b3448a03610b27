"""What an evaluation says about label fixes."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from support.small_runs import CPU, NO_TTA

from kaggle_fkd.evaluation.evaluate import evaluate_runs
from kaggle_fkd.evaluation.fix_effects import effect_lines
from kaggle_fkd.evaluation.out_of_fold import oof_rmse, out_of_fold
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.networks import build_network
from kaggle_fkd.runs.run import open_run
from kaggle_fkd.training.label_fixes import DROP, KEEP, MOVE, Fix, apply_fixes, write_fixes

NOSE = KAGGLE15.nose_tip


@pytest.fixture(scope="module")
def faces(competition):
    """Of which one lacks the label of the nose."""
    keypoints = competition.train.keypoints.copy()
    keypoints[4, NOSE] = np.nan
    return replace(competition.train, keypoints=keypoints)


@pytest.fixture(scope="module")
def fixes(faces):
    """Of six faces; only what is kept leaves a face unchanged."""
    rows = faces.ids.tolist()
    return (
        Fix(rows[0], "", DROP),
        Fix(rows[1], "nose_tip", MOVE, 40.0, 60.0),
        Fix(rows[2], "nose_tip", MOVE, 50.0, 60.0),
        Fix(rows[3], "nose_tip", KEEP),
        Fix(rows[4], "nose_tip", MOVE, 48.0, 57.0),
        Fix(rows[5], "left_eye_center", DROP),
    )


def copy_of(run, folder, data_hash, label_fixes=""):
    """A copy of a run as if it had been trained on other labels."""
    shutil.copytree(run.folder, folder)
    record = json.loads((folder / "run.json").read_text())
    record["config"]["train"]["label_fixes"] = label_fixes
    (folder / "run.json").write_text(json.dumps(record | {"data_hash": data_hash}))
    return open_run(folder)


@pytest.fixture
def fixed_run(crossed_run, faces, fixes, tmp_path):
    """A run that was trained with these fixes."""
    digest = apply_fixes(faces, fixes).digest()
    run = copy_of(crossed_run, tmp_path / "fixed", digest, "anywhere.csv")
    write_fixes(run.label_files.fixes, fixes)
    return run


def effect_of(run, faces):
    return evaluate_runs([run], faces, CPU, NO_TTA).summary["label_fixes"]


def test_labels_are_counted_and_scored_as_published_and_as_fixed(fixed_run, faces, fixes):
    (effect,) = effect_of(fixed_run, faces).values()
    labels, predicted = effect["labels"], out_of_fold(fixed_run, faces, CPU, NO_TTA)
    counts = {name: part["labels"] for name, part in labels.items()}
    dropped = int(faces.labelled[0].sum()) + 1
    known = int(faces.labelled.sum())
    assert counts == {"all": known + 1, "kept": 1, "dropped": dropped, "moved": 2, "added": 1}
    nose = predicted[1:3, NOSE, :2]
    for key, truth in (
        ("rmse_as_published", faces.keypoints[1:3, NOSE]),
        ("rmse_as_fixed", [[40, 60], [50, 60]]),
    ):
        assert labels["moved"][key] == pytest.approx(np.sqrt(np.mean((nose - truth) ** 2)))
    assert labels["all"]["rmse_as_published"] == pytest.approx(oof_rmse(predicted, faces))
    fixed = apply_fixes(faces, fixes)
    assert labels["all"]["rmse_as_fixed"] == pytest.approx(oof_rmse(predicted, fixed))
    assert labels["kept"]["rmse_as_fixed"] == labels["kept"]["rmse_as_published"]
    assert labels["dropped"]["rmse_as_fixed"] is None is labels["added"]["rmse_as_published"]


def test_scores_are_on_the_labels_as_published(fixed_run, crossed_run, faces):
    with_fixes = evaluate_runs([fixed_run], faces, CPU, NO_TTA).summary
    without = evaluate_runs([crossed_run], faces, CPU, NO_TTA).summary
    assert [*with_fixes["rmse_of_each"].values()] == [*without["rmse_of_each"].values()]
    assert without["label_fixes"] == {}


def test_a_run_without_the_fixes_is_compared_on_the_same_labels(
    fixed_run, crossed_run, faces, tmp_path
):
    plain = copy_of(crossed_run, tmp_path / "plain", faces.digest())
    for member in plain.members:
        network = build_network(member.config.train.model, member.shape)
        member.finish(network.state_dict(), member.summary)  # so it answers with the centre
    compared = effect_of(fixed_run, faces)["fixed"]["compared"]
    assert compared["run"] == "plain"
    predicted, before = (out_of_fold(run, faces, CPU, NO_TTA) for run in (fixed_run, plain))
    everything, unchanged = compared["all_faces"], compared["unchanged_faces"]
    change = oof_rmse(predicted, faces) - oof_rmse(before, faces)
    assert everything["change"] == pytest.approx(change)
    assert everything["faces"] == len(faces) and unchanged["faces"] == len(faces) - 5
    for part in (everything, unchanged):
        assert part["low"] < part["change"] < part["high"] < 0


def test_runs_of_other_settings_faces_or_members_are_not_compared(
    fixed_run, crossed_run, faces, tmp_path
):
    copy_of(crossed_run, tmp_path / "of_other_faces", "of others")
    fewer = copy_of(crossed_run, tmp_path / "of_fewer_members", faces.digest())
    shutil.rmtree(fewer.member(2).folder)
    other = copy_of(crossed_run, tmp_path / "of_another_seed", faces.digest())
    record = json.loads((other.folder / "run.json").read_text())
    record["config"]["train"]["seed"] = 7
    (other.folder / "run.json").write_text(json.dumps(record))
    effect = effect_of(fixed_run, faces)["fixed"]
    assert effect["compared"] is None
    assert "without train.label_fixes" in effect_lines("fixed", effect)[-1]


def test_the_effect_is_told_in_lines(fixed_run, crossed_run, faces, tmp_path):
    copy_of(crossed_run, tmp_path / "plain", faces.digest())
    effect = effect_of(fixed_run, faces)["fixed"]
    json.dumps(effect, allow_nan=False)
    first, *lines = effect_lines("fixed", effect)
    assert first.startswith("label fixes of fixed: 1 kept, ") and "2 moved, 1 added" in first
    assert [line.partition(":")[0].partition(" px")[0] for line in lines] == [
        "RMSE of the moved labels",
        "RMSE of the dropped labels",
        "RMSE of all labels",
        f"compared with plain, which has no fixes, on {len(faces)} faces",
        f"compared with plain, which has no fixes, on {len(faces) - 5} faces whose labels are "
        "unchanged",
        "another seed (train.seed) changes the RMSE, too, beside what fixes change",
    ]
    assert lines[-2].endswith("RMSE +0.000 px (95 % interval over faces +0.000 to +0.000)")
