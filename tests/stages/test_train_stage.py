"""The stage `train`: what it resumes, and runs of other versions and damaged ones."""

import json

import pytest
from support.command_line import QUICK, interrupted_at, last_line

from kaggle_fkd import experiment
from kaggle_fkd.runs.find import runs_in


@pytest.mark.slow
@pytest.mark.parametrize("labels", ["imputed", "complete"])
def test_the_classic_label_treatments_need_no_eda(real, labels):
    code, _, err = real("--stage", "train", *QUICK, "--set", f"train.labels={labels}")
    assert code == 0 and "validation RMSE" in err
    assert not any(real.runs.glob("eda-*"))


@pytest.mark.slow
def test_resume_without_anything_to_resume_starts_a_run(real):
    code, _, _ = real("--stage", "train", *QUICK, "--resume")
    assert code == 0 and runs_in(real.runs)[0].finished


@pytest.mark.slow
def test_resume_continues_the_unfinished_run(real):
    with interrupted_at("epoch 2/2"):
        code, out, err = real("--stage", "train", *QUICK)
    assert code == 130 and out == ""
    name = runs_in(real.runs)[0].name
    assert f"--resume {name}" in err
    code, _, err = real("--stage", "train", *QUICK, "--resume")
    assert code == 0 and "continuing after epoch 1" in err
    assert [run.name for run in runs_in(real.runs)] == [name]
    code, _, err = real("--stage", "train", "--resume", name)
    assert code == 0 and "skipped" in err


@pytest.mark.slow
def test_resume_continues_in_the_second_member(real):
    two = (*QUICK, "--set", "train.members=2", "--jobs", "1")  # one after the other
    with interrupted_at("epoch 2/2", times=2):
        assert real("--stage", "train", *two)[0] == 130
    (run,) = runs_in(real.runs)
    written = run.member(0).weights_file.stat().st_mtime_ns
    code, _, err = real("--stage", "train", *two, "--resume")
    assert code == 0 and "member-01: continuing after epoch 1" in err
    (run,) = runs_in(real.runs)
    assert run.finished and run.member(0).weights_file.stat().st_mtime_ns == written


def test_the_advice_after_an_interruption_names_further_members(done):
    (run,) = runs_in(done.runs)
    more = ("--set", "train.members=2", "--jobs", "1")
    with interrupted_at("epoch 1/2"):
        code, _, err = done("--stage", "train", *QUICK, *more)
    assert code == 130 and f"--resume {run.name} --set train.members=2) continues" in err


@pytest.mark.parametrize(("given", "jobs"), [((), None), (("--jobs", 3), 3)])
def test_jobs_are_the_members_that_are_trained_at_the_same_time(done, monkeypatch, given, jobs):
    asked = []
    monkeypatch.setattr(experiment, "train_members", lambda *given: asked.append(given[-1]) or [])
    settings = ("--set", "train.members=2", *QUICK)
    assert done("--stage", "train", *settings, *given)[0] == 0 and asked == [jobs]


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5", ""])
def test_jobs_are_a_whole_number_from_1(place, jobs):
    code, _, err = place("--stage", "train", f"--jobs={jobs}")
    assert code == 2 and "--jobs" in err and "not a whole number from 1" in err


def test_resume_names_an_unfinished_run_of_other_settings(done):
    (run,) = runs_in(done.runs)
    run.member(0).weights_file.unlink()
    code, _, err = done("--stage", "train", *QUICK, "--seed", "1", "--resume")
    assert code == 0 and f"{run.name} has others, and can be resumed by its name" in err
    assert len(runs_in(done.runs)) == 2


def test_resume_of_a_named_run_with_other_settings_is_refused(done):
    name = runs_in(done.runs)[0].name
    code, _, err = done("--stage", "train", "--resume", name, "--epochs", "9")
    assert code == 2 and "its settings differ" in err
    code, _, err = done("--stage", "train", "--resume", "yesterday")
    assert code == 1 and "no run yesterday" in err


def test_a_named_run_keeps_its_label_fixes_when_their_file_has_changed(real, tmp_path):
    fixes = tmp_path / "fixes.csv"
    fixes.write_text("row,keypoint,decision,x,y\n3,,drop,,\n")
    settings = (*QUICK, "--epochs", "1", "--set", f"train.label_fixes={fixes}")
    assert real("--stage", "train", *settings)[0] == 0
    (run,) = runs_in(real.runs)
    fixes.write_text("row,keypoint,decision,x,y\n4,,drop,,\n")
    given = ("train", "--resume", run.name, "--set", f"train.label_fixes={fixes}")
    code, _, err = real(*given)
    assert code == 2 and "its settings differ" in err
    fixes.unlink()
    code, _, err = real("train", "--resume", run.name, "--set", "train.members=2")
    assert code == 0 and len(run.members) == 2, err


def test_a_run_of_an_older_version_is_passed_over_and_named(done):
    (own,) = runs_in(done.runs)
    old = done.runs / "20250101-000000-lenet"
    old.mkdir()
    record = json.loads((own.folder / "run.json").read_text())
    record["config"]["train"]["patience"] = 10
    (old / "run.json").write_text(json.dumps(record))
    (old / "weights.safetensors").write_bytes(b"")
    code, out, err = done("--stage", "train,predict", *QUICK)
    assert code == 0 and last_line(out).exists()
    assert "warning: passed over" in err and old.name in err
    for option, stage in (("--run", "predict"), ("--run", "evaluate"), ("--resume", "train")):
        code, _, err = done("--stage", stage, option, old.name)
        assert code == 1 and old.name in err and "train it again" in err


def test_a_run_that_lost_its_weights_is_trained_again(done):
    (run,) = runs_in(done.runs)
    run.member(0).weights_file.unlink()
    code, _, err = done("--stage", "predict", "--run", run.name)
    assert code == 1 and "none of its networks" in err
    code, _, err = done("--stage", "train,predict", *QUICK)
    assert code == 0, err


def test_a_run_with_a_damaged_summary_is_trained_again(done):
    (run,) = runs_in(done.runs)
    run.member(0).summary_file.write_text("{")
    code, _, err = done("--stage", "predict", "--run", run.name)
    assert code == 1 and "none of its networks" in err
    code, _, err = done("--stage", "train,predict", *QUICK)
    assert code == 0, err
