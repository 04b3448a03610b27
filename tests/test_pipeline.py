"""The command line as a script would use it, in this process."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from support import csv_files
from support.command_line import QUICK, QUICK_ALL, interrupted_at, last_line

from kaggle_fkd import experiment
from kaggle_fkd.competition.archive import BUNDLE
from kaggle_fkd.runs.find import newest_trained, runs_in


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


def test_predict_uses_the_newest_run_or_the_named_one(done):
    first = runs_in(done.runs)[0].name
    done("--stage", "train", *QUICK, "--seed", "1")
    newest = runs_in(done.runs)[0].name
    assert newest != first
    assert newest in last_line(done("--stage", "predict")[1]).name
    assert first in last_line(done("--stage", "predict", "--run", first)[1]).name
    by_path = done("--stage", "predict", "--run", str(done.runs / first))
    assert first in last_line(by_path[1]).name


def test_other_settings_of_the_prediction_write_another_submission(done):
    before = last_line(done("--stage", "predict")[1])
    code, out, err = done("--stage", "predict", "--set", "predict.tta_flip=false")
    assert code == 0 and "skipped" not in err and last_line(out) != before
    code, _, err = done("--stage", "predict", "--set", "predict.tta_flip=false")
    assert code == 0 and "skipped" in err


def test_a_changed_submission_file_is_written_anew(done):
    before = last_line(done("--stage", "predict")[1])
    before.write_text("RowId,Location\n1,50\n")
    after = last_line(done("--stage", "predict")[1])
    assert after != before and len(pd.read_csv(after)) > 1


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


def test_only_all_falls_back_to_sample_faces(place):
    code, out, err = place("--stage", "download")
    assert code == 1 and out == "" and "no Kaggle credentials" in err
    code, _, err = place("--stage", "eda,train")
    assert code == 1 and "run the download stage" in err
    assert not (place.data / "sample").exists()


@pytest.mark.slow
def test_damaged_sample_faces_are_drawn_anew_and_the_end_is_loud(place, small_default_sample):
    code, _, err = place("--stage", "all", *QUICK_ALL)
    assert code == 0 and err.count("SAMPLE FACES") == 2, err
    (report,) = place.runs.glob("*/report.html")
    assert "Measured on sample faces" in report.read_text()
    code, _, err = place("--stage", "download,all", *QUICK_ALL)
    assert "already in" in err and err.count("skipped") == 3
    (place.data / "sample" / "test.csv").unlink()
    code, out, err = place("--stage", "all,submit", "--yes", *QUICK_ALL)
    assert code == 1 and "drawing them" in err and last_line(out).exists()
    # The closing notice comes even when a stage fails.
    assert err.count("SAMPLE FACES") == 2 and "never uploaded" in err.splitlines()[-1]


def test_bad_credentials_are_an_error_and_no_reason_to_fall_back(place, monkeypatch):
    monkeypatch.setenv("KAGGLE_USERNAME", "somebody")
    code, _, err = place("--stage", "all")
    assert code == 1 and "bad Kaggle credentials" in err
    assert not (place.data / "sample").exists()


def test_a_part_of_the_files_without_credentials_names_both(place):
    csv_files.write_plain(place.data, {"training.csv": csv_files.tables()["training.csv"]})
    code, _, err = place("--stage", "download")
    assert code == 1 and "there are no Kaggle credentials" in err and "make a token" in err
    assert "download stage" not in err


def test_damaged_files_are_an_error_and_no_reason_to_fall_back(place):
    tables = csv_files.tables()
    bundle = csv_files.write_bundle(place.data, tables) / BUNDLE
    bundle.write_bytes(bundle.read_bytes()[:1000])
    code, _, err = place("--stage", "all")
    assert code == 1 and "truncated" in err and str(bundle) in err
    assert not (place.data / "sample").exists()


def test_every_stage_checks_all_files(real):
    lookup = real.data / "IdLookupTable.csv"
    lookup.write_text(lookup.read_text() + "99999,1,chin_x,\n")
    for stage in ("download", "eda", "train", "predict"):
        code, _, err = real("--stage", stage, *(QUICK if stage == "train" else ()))
        assert code == 1 and "chin_x" in err and "IdLookupTable.csv, row" in err


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


def test_submit_shows_what_would_be_sent_even_when_quiet(done):
    code, out, err = done("--stage", "submit", "--quiet")
    assert code == 0 and out == "" and "nothing was sent" in err and ".csv" in err


def test_download_finds_data_in_place_and_writes_a_manifest(real):
    code, _, err = real("--stage", "download")
    assert code == 0 and "already present" in err
    files = json.loads((real.data / "manifest.json").read_text())["files"]
    assert {Path(file["source"][0]).name for file in files} >= {"training.csv", "test.csv"}
    assert all(len(file["sha256"]) == 64 for file in files)


@pytest.mark.slow
def test_forty_rows_of_each_convention_are_enough(place):
    training = csv_files.training_table(80)
    csv_files.write_plain(place.data, {**csv_files.tables(), "training.csv": training})
    code, out, err = place("--stage", "all", *QUICK_ALL)
    assert code == 0, err
    assert len(pd.read_csv(last_line(out))) == 76
    assert "training.csv 80 (7049)" in err


def test_predict_without_a_run_says_how_to_get_one(real):
    code, _, err = real("--stage", "predict")
    assert code == 1 and "no trained run" in err and "the train stage" in err


def test_submit_shows_what_would_be_sent_and_stops_there(done):
    code, out, err = done("--stage", "submit", "--message", "hello Kaggle")
    assert code == 0 and out == ""
    assert "hello Kaggle" in err and "kaggle.com/competitions/facial-keypoints-detection" in err
    assert "nothing was sent" in err and ".csv" in err
    assert not (done.submissions / "log.csv").exists()


def test_locations_at_the_border_are_said_and_not_sent(done, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "token with a space")  # nothing can be sent
    clipped = done.submissions / "clipped.csv"
    table = pd.read_csv(last_line(done("--stage", "predict")[1]))
    table.loc[table.index[::50], "Location"] = 96.0
    table.to_csv(clipped, index=False)
    code, _, err = done("--stage", "submit", "--submission", clipped)
    assert code == 0 and "doubtful: 2." in err and "at the border of the image" in err
    code, _, err = done("--stage", "submit", "--submission", clipped, "--yes")
    assert code == 1 and "nothing was sent" in err and "or add --allow-doubtful" in err
    code, _, err = done("--stage", "submit", "--submission", clipped, "--yes", "--allow-doubtful")
    assert code == 1 and "bad Kaggle credentials" in err  # it would have been sent


def test_predictions_of_networks_that_have_not_learnt_are_said_and_not_sent(done, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "token with a space")
    (member,) = newest_trained(done.runs).members
    summary = member.summary | {"doubts": ["worse than the mean face"]}
    member.summary_file.write_text(json.dumps(summary))
    code, out, err = done("--stage", "predict", "--force")
    assert code == 0 and "warning: " in err
    doubt = f"{member.name}: worse than the mean face"
    assert f"is not fit to be sent: {doubt}" in err
    for stages in ("submit", "blend,submit"):
        files = ("--blend", last_line(out), done.submissions / "other.csv")
        pd.read_csv(files[1]).assign(Location=40).to_csv(files[2], index=False)
        code, _, err = done("--stage", stages, "--yes", *(files if "blend" in stages else ()))
        assert code == 1 and f"nothing was sent, as it is doubtful: {doubt}" in err


def test_submit_refuses_an_invalid_file(done):
    bad = done.submissions / "bad.csv"
    bad.write_text("RowId,Location\n1,1e9\n")
    code, _, err = done("--stage", "submit", "--submission", str(bad))
    assert code == 1 and "bad.csv" in err and "not within" in err
    code, _, err = done("--stage", "submit", "--submission", str(done.submissions / "none.csv"))
    assert code == 1 and "no such file" in err


@pytest.mark.slow
def test_a_submission_of_sample_faces_is_never_uploaded(place, sample_dir, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "token")
    shutil.copytree(sample_dir, place.data, dirs_exist_ok=True)
    code, out, _ = place("--stage", "train,predict", *QUICK)
    assert code == 0 and last_line(out).name.startswith("sample-")
    code, _, err = place("--stage", "submit", "--yes")
    assert code == 1 and "sample faces" in err
    # Not under another name either.
    other = last_line(out).rename(place.submissions / "mine.csv")
    code, _, err = place("--stage", "submit", "--yes", "--submission", str(other))
    assert code == 1 and "sample faces" in err


@pytest.mark.slow
def test_sample_faces_that_lost_their_manifest_are_not_uploaded(real, sample_dir, monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", "token")
    assert not (real.data / "manifest.json").exists()
    for table in real.data.glob("*.csv"):
        shutil.copyfile(sample_dir / table.name, table)
    code, out, err = real("--stage", "train,predict,submit", "--yes", *QUICK)
    assert code == 1 and "sample faces" in err
    assert last_line(out).name.startswith("sample-")


def test_a_submission_whose_gallery_cannot_be_written_has_its_record_and_later_its_gallery(done):
    run = newest_trained(done.runs)
    gallery = done.submissions / f"{run.name}-2.png"
    gallery.mkdir()
    other = ("--stage", "predict", "--set", "predict.tta_scale=0")
    code, out, err = done(*other)
    assert code == 1 and out == "" and f"cannot write {gallery}" in err
    gallery.rmdir()
    written = gallery.with_suffix(".csv").read_bytes()
    code, out, err = done(*other)
    assert code == 0 and gallery.is_file() and last_line(out) == gallery.with_suffix(".csv")
    assert last_line(out).read_bytes() == written
    code, out, err = done(*other)
    assert code == 0 and "skipped" in err
