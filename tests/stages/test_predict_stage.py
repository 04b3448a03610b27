"""The stage `predict`: which run, which submission."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pandas as pd
import pytest
from support.command_line import QUICK, last_line

from kaggle_fkd import experiment
from kaggle_fkd.competition.task import CompetitionTask
from kaggle_fkd.runs.find import newest_trained, runs_in
from kaggle_fkd.stages.predict import Predict
from kaggle_fkd.stages.stage import Made


def test_predict_uses_the_newest_run_or_the_named_one(done):
    first = runs_in(done.runs)[0].name
    done("--stage", "train", *QUICK, "--seed", "1")
    newest = runs_in(done.runs)[0].name
    assert newest != first
    assert newest in last_line(done("--stage", "predict")[1]).name
    assert first in last_line(done("--stage", "predict", "--run", first)[1]).name
    by_path = done("--stage", "predict", "--run", str(done.runs / first))
    assert first in last_line(by_path[1]).name


def test_predict_and_report_use_the_newest_run_of_these_data_or_name_another(done):
    (run,) = runs_in(done.runs)
    other = shutil.copytree(run.folder, done.runs / "of-other-data")
    record = {**run.record, "data_hash": "of other data", "written": "2999"}
    (other / "run.json").write_text(json.dumps(record))
    assert runs_in(done.runs)[0].name == other.name
    code, out, err = done("--stage", "predict,report")
    assert code == 0 and run.name in last_line(out).name and "different data set" not in err
    assert f"report: {run.folder / 'report.html'}" in err
    shutil.rmtree(run.folder)
    code, out, err = done("predict")
    assert code == 0 and f"warning: {other.name} was trained on a different data set" in err


@pytest.mark.parametrize("stage", ["predict", "evaluate"])
def test_runs_of_one_name_in_two_folders_are_refused(done, tmp_path, stage):
    (run,) = runs_in(done.runs)
    namesake = shutil.copytree(run.folder, tmp_path / "elsewhere" / run.name)
    code, out, err = done(stage, "--run", f"{run.name},{namesake}")
    assert code == 1 and out == "" and f"{run.folder} and {namesake}: runs of one name" in err


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


def test_predict_without_a_run_says_how_to_get_one(real):
    code, _, err = real("--stage", "predict")
    assert code == 1 and "no trained run" in err and "the train stage" in err


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


@pytest.mark.parametrize(("scales", "written"), [((0.1, 0.2), 2), ((0.1, 0.1), 1)])
def test_calls_that_predict_at_once_write_a_submission_each_unless_it_is_the_same(
    done, monkeypatch, scales, written
):
    both, predict = Barrier(len(scales)), experiment.predict

    def predict_at_once(*arguments):
        predicted = predict(*arguments)
        both.wait(60)
        return predicted

    def submission(scale):
        stage = Predict(
            data_dir=done.data, runs_dir=done.runs, submissions_dir=done.submissions, device="cpu",
            overrides=(("predict.tta_scale", str(scale)),),
        )  # fmt: skip
        return stage.run(CompetitionTask(done.data), Made()).submission

    monkeypatch.setattr(experiment, "predict", predict_at_once)
    before = set(done.submissions.glob("*.csv"))
    with ThreadPoolExecutor() as pool:
        paths = set(pool.map(submission, scales))
    assert len(paths) == written and set(done.submissions.glob("*.csv")) - before == paths
