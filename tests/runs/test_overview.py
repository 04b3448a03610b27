"""The overview of all runs."""

import json
import shutil

import pytest
from support.small_runs import QUICK, new_run, quick

from kaggle_fkd.config import Config
from kaggle_fkd.runs.evaluation_receipt import write_evaluation_receipt
from kaggle_fkd.runs.find import evaluation_folder
from kaggle_fkd.runs.overview import different_settings, overview, summarise_run
from kaggle_fkd.runs.run import open_run


def finish(run, index, rmse, seconds):
    """That member of the run, as if it had been trained with this result."""
    member = run.member(index)
    member.folder.mkdir(exist_ok=True)
    member.weights_file.touch()
    summary = {"validation_rmse": {"all": rmse}, "seconds": seconds, "finished": "2999"}
    summary["weights_sha256"] = f"of a network with {rmse} px"
    member.summary_file.write_text(json.dumps(summary))


def cells(row):
    """The words of a line of the table."""
    return row.split()


def test_without_runs_it_says_so(tmp_path):
    assert overview(tmp_path) == f"there is no run in {tmp_path}"


def test_each_run_has_a_line_with_networks_scores_time_and_settings(tmp_path):
    unfinished, trained = new_run(tmp_path, quick(members=3)), new_run(tmp_path, quick(epochs=9))
    finish(unfinished, 0, 2.0, 30)
    finish(trained, 0, 1.0, 60)
    finish(trained, 1, 1.5, 90)
    header, *rows = overview(tmp_path).splitlines()
    for column in ("run", "scheme", "networks", "validation", "minutes", "settings"):
        assert column in header
    by_name = {cells(row)[0]: row for row in rows}
    assert by_name.keys() == {unfinished.name, trained.name}
    assert "1 of 3" in by_name[unfinished.name] and "2.000" in by_name[unfinished.name]
    assert "2 of 2" in by_name[trained.name] and "1.250" in by_name[trained.name]
    assert "2.5" in cells(by_name[trained.name]) and "0.5" in cells(by_name[unfinished.name])
    assert "train.epochs=9" in by_name[trained.name]
    assert "train.members=3" in by_name[unfinished.name]
    assert all("kaggle15" in row and "sample faces" in row for row in rows)


def evaluate(run, record):
    """The evaluation of the run, as if the stage had written it beside the run."""
    folder = evaluation_folder(run.folder.parent, [run])
    folder.mkdir()
    (folder / "evaluation.json").write_text(json.dumps(record))
    write_evaluation_receipt(folder, [run])


def test_the_out_of_fold_rmse_is_that_of_the_runs_evaluation(tmp_path):
    run = new_run(tmp_path)
    finish(run, 0, 2.0, 1)
    assert "1.875" not in overview(tmp_path)
    evaluate(run, {"oof_rmse": {"all": {"rmse": 1.875}}})
    assert "1.875" in overview(tmp_path)


def test_an_evaluation_of_fewer_networks_or_of_a_namesake_is_not_the_runs(tmp_path):
    run = new_run(tmp_path)
    finish(run, 0, 2.0, 1)
    evaluate(run, {"oof_rmse": {"all": {"rmse": 1.875}}})
    namesake = open_run(shutil.copytree(run.folder, tmp_path / "elsewhere" / run.name))
    finish(namesake, 0, 1.0, 1)
    assert summarise_run(run, tmp_path).out_of_fold.value == 1.875
    assert summarise_run(namesake, tmp_path).out_of_fold is None
    finish(run, 1, 2.5, 1)
    assert summarise_run(run, tmp_path).out_of_fold is None


@pytest.mark.parametrize(
    "record",
    [
        {"oof_rmse": {"all": 2.5}},
        {"oof_rmse": {"all": {"rmse": "x"}}},
        {"found": None},
        {"nme": []},
    ],
)
def test_a_damaged_evaluation_counts_as_none(tmp_path, record):
    run = new_run(tmp_path)
    finish(run, 0, 2.0, 1)
    evaluate(run, record)
    assert summarise_run(run, tmp_path).out_of_fold is None


def test_a_member_whose_time_is_not_a_number_is_not_finished(tmp_path):
    run = new_run(tmp_path)
    finish(run, 0, 2.0, "an hour")
    assert not run.member(0).finished and "0 of 1" in overview(tmp_path)


def test_the_settings_that_are_listed_are_those_that_differ_from_the_defaults():
    assert different_settings(Config()) == []
    expected = ["train.model=lenet", "train.epochs=4", "train.batch_size=32"]
    assert different_settings(QUICK) == expected
