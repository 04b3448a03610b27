"""The command line as a script would use it, in this process."""

import json

import pandas as pd
import pytest
from support import csv_files
from support.command_line import QUICK, QUICK_ALL, last_line

from kaggle_fkd.runs.find import runs_in


def test_all_stages_end_with_the_path_of_a_valid_submission(finished):
    path = last_line(finished.out)
    assert len(finished.out.splitlines()) == 1 and path.is_absolute()
    table = pd.read_csv(path)
    assert list(table.columns) == ["RowId", "Location"]
    assert len(table) == len(pd.read_csv(finished.root / "data" / "IdLookupTable.csv"))
    assert not path.name.startswith("sample")
    assert path.with_suffix(".png").stat().st_size > 10_000
    for stage in ("download", "eda", "train", "predict", "report"):
        assert f"== {stage}" in finished.err
    assert any(finished.root.glob("runs/eda-*/*.png"))
    assert len(list(finished.root.glob("runs/*/report.html"))) == 1


def test_unchanged_stages_are_skipped_and_force_runs_them(done):
    code, out, err = done("--stage", "all", *QUICK_ALL)
    assert code == 0 and last_line(out).parent == done.submissions
    assert err.count("skipped") == 3 and "nothing to download" in err
    assert len(runs_in(done.runs)) == 1
    code, again, err = done("--stage", "train,predict", "--force", *QUICK)
    assert code == 0 and "skipped" not in err
    assert len(runs_in(done.runs)) == 2
    assert last_line(again) != last_line(out) and last_line(out).exists()


def test_quiet_leaves_the_path_and_warnings_alone(done):
    code, out, err = done("--stage", "predict", "--quiet")
    assert code == 0 and all(line.startswith("warning:") for line in err.splitlines())
    assert last_line(out).exists() and len(out.splitlines()) == 1


def test_another_setting_trains_another_run(done):
    code, _, err = done("--stage", "train", *QUICK, "--seed", "1")
    assert code == 0 and "skipped" not in err
    assert {run.config.train.seed for run in runs_in(done.runs)} == {0, 1}


def test_more_members_extend_the_run_that_is_there(done):
    (run,) = runs_in(done.runs)
    written = run.member(0).weights_file.stat().st_mtime_ns
    code, out, err = done("--stage", "train,predict", *QUICK, "--set", "train.members=2")
    assert code == 0, err
    (run,) = runs_in(done.runs)
    assert [member.index for member in run.members] == [0, 1]
    assert run.member(0).weights_file.stat().st_mtime_ns == written
    receipt = json.loads(last_line(out).with_suffix(".json").read_text())
    assert receipt["networks"] == 2 and receipt["commit"] == run.record["commit"]
    code, _, err = done("--stage", "train", *QUICK)
    assert code == 0 and "skipped" in err


def test_stages_run_once_each_and_in_order_whatever_is_asked(done):
    code, _, err = done("--stage", "predict,train,predict", *QUICK)
    assert code == 0
    assert [line for line in err.splitlines() if line.startswith("==")] == [
        "== train",
        "== predict",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no stage"),
        (("--runs-dir", "smoke"), "no stage was given"),
        (("--stage", "bake"), "no stage 'bake'"),
        (("--stage", ""), "no stage"),
        (("--stage", "train", "--model", "resnet"), "unknown network 'resnet'"),
        (("--stage", "train", "--epochs", "0"), "train.epochs=0"),
        (("--stage", "train", "--lr", "fast"), "train.lr=fast"),
        (("--stage", "train", "--set", "train.labels"), "section.name=value"),
        (("--stage", "train", "--set", "train.nothing=1"), "no such setting"),
        (("--stage", "train", "--preset", "huge"), "there is no preset 'huge'"),
        (("--stage", "train", "--device", "tpu"), "argument --device: invalid choice"),
        (
            ("--stage", "train", "--run", "yesterday"),
            "--run is an option of evaluate, predict, report, export, photo, inside, serve, page",
        ),
        (
            ("--stage", "predict", "--preset", "best"),
            "--preset is an option of train, evaluate, kernel, but not of predict",
        ),
        (("--stage", "predict", "--set", "train.epochs=9"), "no stage here uses that setting"),
        (("--stage", "evaluate", "--run", "yesterday", "--epochs", "9"), "nothing to train"),
        (("--stage", "evaluate", "--run", "yesterday", "--force"), "nothing to train"),
    ],
)
def test_wrong_usage_ends_with_2_and_names_the_option(place, arguments, message):
    code, out, err = place(*arguments)
    assert code == 2 and out == ""
    assert message in err and "Traceback" not in err
    assert not any(place.data.iterdir())


def test_what_cannot_work_is_said_before_any_work(place, monkeypatch):
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    for arguments in (
        ("--stage", "all", "--device", "mps"),
        ("--stage", "all", "--run", "yesterday"),
        ("--stage", "all", "--resume", "yesterday"),
        ("--stage", "all,submit", "--submission", "none.csv"),
    ):
        code, _, err = place(*arguments)
        assert code in (1, 2) and len(err.splitlines()) == 1 and arguments[-1] in err
    assert not any(place.data.iterdir())


@pytest.mark.slow
def test_a_file_in_place_of_a_folder_is_named(real):
    for folder in (real.runs, real.submissions):
        folder.touch()
    for stage in ("eda", "train"):
        code, _, err = real("--stage", stage, *(QUICK if stage == "train" else ()))
        assert code == 1 and str(real.runs) in err and "unexpected" not in err
    real.runs.unlink()
    code, _, err = real("--stage", "train,predict", *QUICK)
    assert code == 1 and str(real.submissions) in err and "unexpected" not in err


def test_foreign_and_damaged_records_are_passed_over(done):
    (done.submissions / "notes.json").write_text('{"x": 1}')
    (done.submissions / "list.json").write_text("[]")
    (done.submissions / "folder.json").mkdir()
    (done.submissions / "other.csv").write_text("a,b\n")
    for name, text in (("old", '{"a": 1}'), ("older", "{"), ("oldest", "[]")):
        (done.runs / name).mkdir()
        (done.runs / name / "run.json").write_text(text)
    (done.data / "manifest.json").write_text('{"files": 3}')
    last_line(done("--stage", "predict")[1]).with_suffix(".json").write_text("{")
    code, out, err = done("--stage", "all,submit", *QUICK_ALL)
    assert code == 0 and last_line(out).exists(), err
    assert err.count("passed over") >= 3 and "nothing was sent" in err


@pytest.mark.slow
def test_forty_rows_of_each_convention_are_enough(place):
    training = csv_files.training_table(80)
    csv_files.write_plain(place.data, {**csv_files.tables(), "training.csv": training})
    code, out, err = place("--stage", "all", *QUICK_ALL)
    assert code == 0, err
    assert len(pd.read_csv(last_line(out))) == 76
    assert "training.csv 80 (7049)" in err
