"""The serve stage with --review, where there is nothing that can be reviewed."""

import shutil

import pytest
from support.evaluated_run import evaluated_run, started_run, write_evaluation
from support.made_up_faces import varied_faces

from kaggle_fkd.errors import RunError
from kaggle_fkd.evaluation.label_review import open_review
from kaggle_fkd.runs.find import evaluation_folder
from kaggle_fkd.training.label_fixes import DROP, KEEP, Fix


@pytest.fixture
def sampled(place, sample_dir):
    """With sample faces."""
    shutil.copytree(sample_dir, place.data, dirs_exist_ok=True)
    return place


def test_runs_that_were_not_evaluated_are_refused_with_the_command_that_does_so(
    sampled, competition
):
    code, _, said = sampled("serve", "--review")
    assert code == 1 and "no run was evaluated -> do so first: kaggle-fkd evaluate" in said
    run = started_run(sampled.runs, competition.train)
    code, _, said = sampled("serve", "--review", run.name)
    assert code == 1 and "audit.csv: there is no such file" in said
    assert f"make it first: kaggle-fkd evaluate --run {run.name}" in said
    code, _, said = sampled("serve", "--review", "nothing")
    assert code == 1 and "there is no run nothing" in said


def test_decisions_that_cannot_be_read_are_refused_before_anything_is_decided(sampled, competition):
    file = evaluated_run(sampled.runs, competition.train) / "label_fixes.csv"
    file.write_text("row,keypoint,decision,x,y\n0,,keep,,\n0,,like,,\n")
    code, _, said = sampled("serve", "--review")
    assert code == 1 and f"{file}, line 3: 'like' is not a decision" in said


def test_without_data_nothing_is_reviewed(place):
    code, _, said = place("serve", "--review")
    assert code == 1 and str(place.data) in said


def test_the_newest_evaluated_run_of_these_faces_is_reviewed(tmp_path):
    faces, others = varied_faces(12, 4), varied_faces(11, 4)
    folder = evaluated_run(tmp_path, faces)
    other = evaluated_run(tmp_path, others)
    started_run(tmp_path, faces)
    review = open_review(tmp_path, (), faces)
    assert review.fixes_file == folder / "label_fixes.csv"
    assert [suspect.row for suspect in review.suspects] == faces.ids[:3].tolist()
    assert review.suspects[0].keypoint == faces.scheme.names[faces.scheme.nose_tip]
    with pytest.raises(RunError, match="trained on a different data set"):
        open_review(tmp_path, (other.name.removeprefix("evaluation-"),), faces)


def test_several_runs_are_reviewed_with_the_label_fixes_that_some_of_them_have(tmp_path):
    faces = varied_faces(12, 4)
    kept, dropped = (Fix(int(faces.ids[0]), "", decision) for decision in (KEEP, DROP))
    plain, fixed = started_run(tmp_path, faces), started_run(tmp_path, faces, [dropped])
    write_evaluation(evaluation_folder(tmp_path, [plain, fixed]), faces)
    assert open_review(tmp_path, (plain.name, fixed.name), faces).fixes() == (dropped,)
    other = started_run(tmp_path, faces, [kept])
    write_evaluation(evaluation_folder(tmp_path, [fixed, other]), faces)
    with pytest.raises(RunError, match="different label fixes"):
        open_review(tmp_path, (fixed.name, other.name), faces)
