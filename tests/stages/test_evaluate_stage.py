"""The evaluate stage on the command line."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from support.command_line import TWO_FOLDS, Place, interrupted_at, last_line

from kaggle_fkd.competition.load import load_competition
from kaggle_fkd.errors import FkdError
from kaggle_fkd.evaluation import rmse_report
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.prediction.ensemble import fit_ensemble_weights, weighted_mean
from kaggle_fkd.runs.find import runs_in
from kaggle_fkd.training.label_fixes import Fix, write_fixes

FILES = {
    "oof.csv", "scores.csv", "published.csv", "audit.csv", "evaluation.json",
    "rmse_by_keypoint.png", "worst_faces.png", "audit.png", "expected_errors.csv",
    "expected_errors.png", "suspects", "faces", "receipt.json",
}  # fmt: skip


@pytest.fixture
def evaluated(evaluated_root, tmp_path, capfd):
    """After `--stage evaluate` of a run of two folds."""
    shutil.copytree(evaluated_root, tmp_path, dirs_exist_ok=True)
    return Place(tmp_path, capfd)


def evaluation(place, *names):
    """The folder of the evaluation of those runs, or of the only one."""
    (folder,) = place.runs.glob(f"evaluation-{'+'.join(names) or '*'}")
    return folder


def record_of(folder):
    return json.loads((folder / "evaluation.json").read_text())


def predictions_in(folder):
    table = pd.read_csv(folder / "oof.csv")
    return table[list(KAGGLE15.feature_names)].to_numpy().reshape(len(table), 15, 2)


def states(runs):
    """What would change if a member were trained again."""
    return {path: path.stat().st_mtime_ns for path in runs.glob("*/member-*/weights.safetensors")}


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_evaluation_has_predictions_scores_audit_and_pictures(evaluated):
    folder = evaluation(evaluated)
    (run,) = runs_in(evaluated.runs)
    assert folder.name == f"evaluation-{run.name}"
    assert {path.name for path in folder.iterdir()} == FILES
    assert all((folder / name).stat().st_size > 10_000 for name in FILES if name.endswith("png"))
    faces = load_competition(evaluated.data).train
    predicted = predictions_in(folder)
    assert np.isfinite(predicted[faces.labelled]).all()
    error = (predicted - faces.keypoints)[faces.labelled]
    score = np.sqrt(np.mean(error**2))
    record = record_of(folder)
    assert record["oof_rmse"]["all"]["rmse"] == pytest.approx(score, rel=1e-3)
    assert record["rmse_of_each"] == pytest.approx({run.name: score}, rel=1e-3)
    assert record["weights"] == {run.name: {"A": 1, "B": 1}}
    assert record["members"] == {run.name: 2}
    suspected = pd.read_csv(folder / "audit.csv")["suspected"]
    assert record["suspected_faces"] == suspected.sum() > 0
    assert len(list((folder / "suspects").glob("*.png"))) == suspected.sum()
    coco = json.loads((folder / "faces" / "coco.json").read_text())
    assert [image["id"] for image in coco["images"]] == faces.ids.tolist()
    assert set(record["oof_rmse"]) == {"all", "A", "B"}
    assert record["rmse_without_tta"][run.name] > 0
    assert record["commit"] == run.record["commit"]


def test_a_second_evaluation_trains_nothing_says_the_same_and_keeps_decisions(evaluated):
    before, scores = states(evaluated.runs), (evaluation(evaluated) / "scores.csv").read_text()
    decisions = "row,keypoint,decision,x,y\n3,,keep,,\n"
    (evaluation(evaluated) / "label_fixes.csv").write_text(decisions)
    code, out, err = evaluated("--stage", "evaluate", *TWO_FOLDS)
    assert code == 0 and out == "" and "epoch" not in err
    assert "out-of-fold RMSE" in err and "published on Kaggle" in err
    assert states(evaluated.runs) == before
    assert (evaluation(evaluated) / "scores.csv").read_text() == scores
    assert (evaluation(evaluated) / "label_fixes.csv").read_text() == decisions


def test_force_evaluates_a_new_run_and_its_scores_are_seen_even_when_quiet(evaluated):
    before = states(evaluated.runs)
    code, _, err = evaluated("--stage", "evaluate", "--force", "--quiet", *TWO_FOLDS)
    assert code == 0 and "out-of-fold RMSE" in err and "95 % interval" in err
    after = states(evaluated.runs)
    assert len(after) == 4 and after.items() >= before.items()
    assert len(list(evaluated.runs.glob("evaluation-*"))) == 2


def test_an_evaluation_trains_only_what_members_are_missing(evaluated):
    (run,) = runs_in(evaluated.runs)
    shutil.rmtree(run.member(1).folder)
    before = states(evaluated.runs)
    code, _, err = evaluated("--stage", "evaluate", "--run", run.name)
    assert code == 0 and "member-01 (2 of 2)" in err and "member-00 (1 of 2)" not in err
    after = states(evaluated.runs)
    assert len(after) == 2 and after.items() >= before.items()


@pytest.mark.parametrize("option", ["--resume", "--force"])
def test_a_named_run_is_neither_resumed_nor_trained_anew(place, option):
    code, _, err = place("--stage", "evaluate", "--run", "RUN", option)
    assert code == 2 and "a run that is named (--run) keeps its own" in err


def test_an_interrupted_evaluation_resumes_the_run_that_it_was_of(evaluated):
    (run,) = runs_in(evaluated.runs)
    shutil.rmtree(run.member(1).folder)
    code, _, err = evaluated("--stage", "evaluate", "--resume")
    assert code == 0 and f"{run.name}/member-01 (2 of 2)" in err
    assert [each.name for each in runs_in(evaluated.runs)] == [run.name]


def test_an_interrupted_evaluation_of_a_named_run_is_continued_by_the_same_command(evaluated):
    (run,) = runs_in(evaluated.runs)
    shutil.rmtree(run.member(1).folder)
    command = ("evaluate", "--run", run.name)
    with interrupted_at("epoch 2/2"):
        code, _, err = evaluated(*command)
    assert code == 130 and "interrupted: the same command continues" in err
    code, _, err = evaluated(*command)
    assert code == 0 and "member-01: continuing after epoch 1" in err


def test_an_evaluation_that_fails_leaves_the_one_before(evaluated, monkeypatch):
    def full(*_):
        raise FkdError("cannot write", "make space")

    before = contents(evaluation(evaluated))
    monkeypatch.setattr(rmse_report, "score_figure", full)
    code, _, err = evaluated("--stage", "evaluate")
    assert code == 1 and "cannot write" in err
    assert contents(evaluation(evaluated)) == before
    assert not list(evaluated.runs.glob(".*"))


def test_without_settings_the_newest_run_is_evaluated(evaluated):
    (run,) = runs_in(evaluated.runs)
    written = (evaluation(evaluated) / "evaluation.json").stat().st_mtime_ns
    code, _, err = evaluated("--stage", "evaluate")
    assert code == 0 and "epoch" not in err
    assert [each.name for each in runs_in(evaluated.runs)] == [run.name]
    assert (evaluation(evaluated, run.name) / "evaluation.json").stat().st_mtime_ns > written


def test_predictions_use_the_members_that_were_trained_to_evaluate(evaluated):
    code, out, err = evaluated("--stage", "train,predict", *TWO_FOLDS)
    assert code == 0 and "skipped" in err
    assert json.loads(last_line(out).with_suffix(".json").read_text())["networks"] == 2


def test_the_weights_of_two_runs_are_fitted(evaluated):
    first = runs_in(evaluated.runs)[0].name
    assert evaluated("--stage", "evaluate", *TWO_FOLDS, "--seed", "1")[0] == 0
    second = next(run.name for run in runs_in(evaluated.runs) if run.name != first)
    code, _, err = evaluated("--stage", "evaluate", "--run", f"{first},{second}")
    assert code == 0, err
    record = record_of(evaluation(evaluated, first, second))
    each = [predictions_in(evaluation(evaluated, name)) for name in (first, second)]
    faces = load_competition(evaluated.data).train
    fitted = fit_ensemble_weights(each, faces)
    for number, name in enumerate((first, second)):
        expected = {"A": fitted[0, number], "B": fitted[1, number]}
        assert record["weights"][name] == pytest.approx(expected, abs=2e-3)
    blended = weighted_mean(each, fitted, faces.convention)
    together = predictions_in(evaluation(evaluated, first, second))
    np.testing.assert_allclose(together, blended, atol=1e-3)
    assert record["oof_rmse"]["all"]["rmse"] < 1.02 * min(record["rmse_of_each"].values())

    code, out, err = evaluated("--stage", "predict", "--run", f"{first},{second}")
    assert code == 0, err
    receipt = json.loads(last_line(out).with_suffix(".json").read_text())
    assert receipt["weights"] == record["weights"]
    assert receipt["networks"] == 4
    assert first in last_line(out).name and second in last_line(out).name


def test_all_networks_of_runs_that_are_not_evaluated_weigh_the_same_with_a_warning(evaluated):
    first = runs_in(evaluated.runs)[0].name
    assert evaluated("--stage", "train", *TWO_FOLDS, "--seed", "1")[0] == 0
    second = next(run.name for run in runs_in(evaluated.runs) if run.name != first)
    code, out, err = evaluated("--stage", "predict", "--run", f"{first},{second}")
    assert (
        code == 0
        and "warning: all networks have the same weight" in err
        and "the evaluate stage" in err
    )
    receipt = json.loads(last_line(out).with_suffix(".json").read_text())
    for name, weight in ((first, 2 / 3), (second, 1 / 3)):  # networks: two and one
        assert receipt["weights"][name] == pytest.approx({"A": weight, "B": weight})


@pytest.mark.slow
def test_one_convention_can_be_trained_and_evaluated_alone(real):
    code, _, err = real("--stage", "evaluate", *TWO_FOLDS, "--set", "train.only_convention=A")
    assert code == 0, err
    folder = evaluation(real)
    assert set(record_of(folder)["oof_rmse"]) == {"all", "A"}
    faces = load_competition(real.data).train
    predicted = predictions_in(folder)
    assert np.isfinite(predicted[faces.convention == 0]).all()
    assert np.isnan(predicted[faces.convention == 1]).all()


def test_a_convention_that_there_is_not_is_refused(real):
    for stage in ("train", "evaluate"):
        code, _, err = real("--stage", stage, *TWO_FOLDS, "--set", "train.only_convention=C")
        assert code == 2 and "train.only_convention=C" in err and "A, B" in err
    assert not list(real.runs.glob("*/run.json"))


@pytest.mark.slow
def test_sample_faces_are_evaluated_too(place, sample_dir):
    shutil.copytree(sample_dir, place.data, dirs_exist_ok=True)
    code, out, err = place("--stage", "evaluate,predict", *TWO_FOLDS)
    assert code == 0, err
    assert {path.name for path in evaluation(place).iterdir()} == FILES - {"published.csv", "faces"}
    assert "published on Kaggle" not in err
    assert last_line(out).name.startswith("sample-")


def test_an_audit_is_an_input_of_training(evaluated):
    audit = evaluation(evaluated) / "audit.csv"
    table = pd.read_csv(audit, keep_default_na=False)
    table.loc[:2, "suspected"] = True  # two epochs make no network that could tell
    table.to_csv(audit, index=False)
    (plain,) = runs_in(evaluated.runs)
    option = ("--set", f"train.audit={audit}")
    assert evaluated("--stage", "train", *TWO_FOLDS, *option)[0] == 0
    audited = next(run for run in runs_in(evaluated.runs) if run.name != plain.name)
    assert audited.record["data_hash"] != plain.record["data_hash"]
    code, _, err = evaluated("--stage", "evaluate", "--run", audited.name)
    assert code == 0, err
    # Scores are on the labels as they are, whatever the training dropped.
    scores = pd.read_csv(evaluation(evaluated, audited.name) / "scores.csv")
    before = pd.read_csv(evaluation(evaluated, plain.name) / "scores.csv")
    assert scores["coordinates"].equals(before["coordinates"])
    # Nor does an audit of other faces keep these from being evaluated.
    text = audited.label_files.audit.read_text()
    audited.label_files.audit.write_text(text.replace("nose_tip", "tail").replace("\n", "\n9", 1))
    assert evaluated("--stage", "evaluate")[0] == 0
    code, _, err = evaluated("--stage", "evaluate", "--run", audited.name)
    assert code == 1 and "a different data set" in err


@pytest.mark.slow
def test_label_fixes_are_an_input_of_training_and_their_effect_is_reported(evaluated, tmp_path):
    (plain,) = runs_in(evaluated.runs)
    faces = load_competition(evaluated.data).train
    fixes = [Fix(int(faces.ids[0]), "", "drop"), Fix(int(faces.ids[1]), "nose_tip", "keep")]
    path = tmp_path / "fixes.csv"
    write_fixes(path, fixes)
    option = ("--set", f"train.label_fixes={path}")
    code, _, err = evaluated("evaluate", *TWO_FOLDS, *option)
    assert code == 0, err
    fixed = next(run for run in runs_in(evaluated.runs) if run.name != plain.name)
    assert f"label fixes of {fixed.name}: 1 kept" in err
    assert f"compared with {plain.name}, which has no fixes" in err
    effect = record_of(evaluation(evaluated, fixed.name))["label_fixes"][fixed.name]
    assert effect["labels"]["dropped"]["labels"] == faces.labelled[0].sum()
    # Scores are on the labels as they are.
    scores = pd.read_csv(evaluation(evaluated, fixed.name) / "scores.csv")
    before = pd.read_csv(evaluation(evaluated, plain.name) / "scores.csv")
    assert scores["coordinates"].equals(before["coordinates"])
    path.write_text(path.read_text().replace("keep", "maybe"))
    code, _, err = evaluated("train", *TWO_FOLDS, *option)
    assert code == 1 and f"{path}, line 3: 'maybe' is not a decision" in err
    code, _, err = evaluated("train", *TWO_FOLDS, "--set", "train.label_fixes=none.csv")
    assert code == 2 and "train.label_fixes=none.csv: there is no such file" in err


def test_a_run_that_was_trained_on_other_faces_is_not_evaluated_on_these(evaluated, tmp_path):
    """Their folds are others, so that out-of-fold predictions would know the labels."""
    (run,) = runs_in(evaluated.runs)
    training = evaluated.data / "training.csv"
    lines = training.read_text().splitlines(keepends=True)
    training.write_text("".join(lines[:1] + lines[5:]))
    code, _, err = evaluated("--stage", "evaluate", "--run", run.name)
    assert code == 1 and run.name in err and "trained on a different data set" in err


def test_what_cannot_be_evaluated_is_said_before_any_work(place):
    for arguments in (("--run", "yesterday"), ("--device", "tpu"), ("--model", "resnet")):
        code, _, err = place("--stage", "evaluate", *arguments)
        assert code in (1, 2) and arguments[-1] in err
    assert not any(place.data.iterdir()) and not place.runs.exists()
