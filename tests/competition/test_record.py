"""The records of submissions."""

import json

import numpy as np
import pytest
from support import csv_files

from kaggle_fkd.competition.record import newest_submission_by, record_file, write_record
from kaggle_fkd.competition.submission import write_submission
from kaggle_fkd.system.files import sha256_of


@pytest.fixture
def write(tmp_path):
    """Write a submission of that name with its record."""

    def write_it(name: str, made_by: str, test_hash: str = "these"):
        path = tmp_path / f"{name}.csv"
        path.write_text(f"RowId,Location\n1,{len(name)}\n")
        inputs = {"test_hash": test_hash}
        write_record(path, sha256_of(path), inputs, made_by, sample_faces=False)
        return path

    return write_it


def test_a_runs_submission_is_its_own_of_the_same_test_faces_and_unmodified(tmp_path, write):
    assert newest_submission_by(tmp_path, "run", "these") is None
    own = write("a", "run")
    write("b", "another run")
    write("c", "run", "others")
    assert newest_submission_by(tmp_path, "run", "these") == own
    own.write_text("RowId,Location\n1,50\n")
    assert newest_submission_by(tmp_path, "run", "these") is None


@pytest.mark.parametrize(
    "damage",
    [{"validation_rmse": {"run": {"all": "x"}}}, {"validation_rmse": {"run": 1}},
     {"validation_rmse": [1]}, {"doubts_of_networks": 1}],
)  # fmt: skip
def test_a_submission_with_a_damaged_record_is_shown_without_what_is_wrong_in_it(place, damage):
    csv_files.write_plain(place.data, csv_files.tables())
    submission = place.submissions / "a.csv"
    write_submission(submission, csv_files.LOOKUP, np.full((4, 15, 2), 48.0))
    record = {
        "files": {submission.name: sha256_of(submission)}, "made_by": "a run",
        "validation_rmse": {"run": {"all": 2.5}},
        "doubts_of_networks": ["member-07: it has risen"],
    }  # fmt: skip
    shown = {
        "validation_rmse": "validation RMSE 2.500 px",
        "doubts_of_networks": "doubtful: member-07",
    }
    for stored, left_out in ((record, ()), (record | damage, damage)):
        record_file(submission).write_text(json.dumps(stored))
        code, _, err = place("submit", "--submission", submission)
        assert code == 0 and "a run" in err
        assert all((words in err) == (key not in left_out) for key, words in shown.items())
