"""Finding runs: by name, path and age, and the better one."""

import json
import shutil
from types import SimpleNamespace

import pytest
from support.small_runs import new_run, quick

from kaggle_fkd.errors import RunError
from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.runs.find import (
    best_comparable_run,
    find_run,
    joined_name,
    named_runs,
    newest_trained,
    runs_in,
    runs_to_average,
    validation_score,
)
from kaggle_fkd.runs.run import open_run


def finish(run, rmse, index=0, finished="2026-01-01"):
    """That member of the run, as if it had been trained with this result."""
    member = run.member(index)
    member.folder.mkdir(parents=True, exist_ok=True)
    member.weights_file.touch()
    summary = {"validation_rmse": {"all": rmse}, "finished": finished}
    member.summary_file.write_text(json.dumps(summary))
    return run


def test_runs_are_found_by_name_path_and_age(crossed_run, tmp_path):
    copied = open_run(shutil.copytree(crossed_run.folder, tmp_path / crossed_run.name))
    fresh = new_run(tmp_path)
    assert newest_trained(tmp_path, KAGGLE15).name == copied.name
    assert find_run(tmp_path, fresh.name).folder == fresh.folder
    assert find_run(tmp_path / "elsewhere", str(fresh.folder)).folder == fresh.folder
    with pytest.raises(RunError, match="none of its networks"):
        fresh.require_members()
    with pytest.raises(RunError, match="no run xyz") as caught:
        find_run(tmp_path, "xyz")
    assert copied.name in caught.value.remedy


def test_runs_of_one_name_are_not_averaged(tmp_path):
    first, second = new_run(tmp_path), new_run(tmp_path)
    namesake = shutil.copytree(first.folder, tmp_path / "elsewhere" / first.name)
    assert len(runs_to_average(tmp_path, [first.name, second.name, str(first.folder)])) == 2
    with pytest.raises(RunError, match="runs of one name cannot be averaged") as caught:
        runs_to_average(tmp_path, [first.name, second.name, str(namesake)])
    assert str(first.folder) in caught.value.problem and str(namesake) in caught.value.problem


def test_a_misspelt_name_is_answered_with_the_run_that_was_probably_meant(tmp_path):
    run = new_run(tmp_path)
    with pytest.raises(RunError, match=f"did you mean {run.name}"):
        find_run(tmp_path, run.name[:-1])
    with pytest.raises(RunError, match="train one first"):
        find_run(tmp_path / "empty", run.name)


def test_the_newest_run_is_the_one_whose_last_member_finished_last(tmp_path):
    first, second, third = (new_run(tmp_path) for _ in range(3))
    finish(first, 2.0, finished="2999-01-02")
    finish(second, 1.0, finished="2999-01-01")
    assert [run.name for run in runs_in(tmp_path)] == [first.name, second.name, third.name]
    finish(second, 1.0, index=1, finished="2999-01-03")
    assert newest_trained(tmp_path, KAGGLE15).name == second.name
    with pytest.raises(RunError, match="no trained run"):
        newest_trained(tmp_path, IBUG68)


def test_runs_that_are_named_twice_count_once(tmp_path):
    first, second = new_run(tmp_path), new_run(tmp_path)
    runs = named_runs(tmp_path, [second.name, first.name, str(second.folder)])
    assert [run.name for run in runs] == [second.name, first.name]


def test_the_better_run_is_the_one_of_the_lowest_validation_score(tmp_path):
    good, better, best = (
        finish(new_run(tmp_path, quick(epochs=epochs)), rmse)
        for epochs, rmse in ((1, 2.0), (2, 1.5), (3, 1.2))
    )
    assert best_comparable_run(good, tmp_path).name == best.name
    assert best_comparable_run(better, tmp_path).name == best.name
    assert best_comparable_run(best, tmp_path) == best


def test_a_run_without_a_finished_member_is_worse_than_any(tmp_path):
    fresh, trained = new_run(tmp_path), finish(new_run(tmp_path), 30.0)
    assert validation_score(fresh) == float("inf") and validation_score(trained) == 30
    assert best_comparable_run(trained, tmp_path) == trained


@pytest.mark.parametrize(
    "difference", ["data", "folds", "seed", "convention", "held out another fold"]
)
def test_runs_that_are_validated_on_other_faces_do_not_compare(tmp_path, difference):
    """Their scores are lower, but not of the same faces."""
    run = finish(new_run(tmp_path), 2.0)
    settings = {
        "folds": quick(folds=5), "seed": quick(seed=1), "convention": quick(only_convention="B"),
    }  # fmt: skip
    other = new_run(tmp_path, settings.get(difference, quick(epochs=2)))
    if difference == "data":
        record = {**other.record, "data_hash": "of other faces"}
        (other.folder / "run.json").write_text(json.dumps(record))
    finish(other, 1.0, index=int(difference == "held out another fold"))
    assert best_comparable_run(run, tmp_path) == run


def test_other_runs_make_another_name_however_many_they_are():
    def name(letters):
        return joined_name([SimpleNamespace(name=letter * 30) for letter in letters])

    names = [name(letters) for letters in ("A", "AB", "ABC", "ABCD", "ABCE", "ABCDE")]
    assert len(set(names)) == len(names) and max(map(len, names)) < 100
