"""The records of submissions."""

import pytest

from kaggle_fkd.competition.record import newest_submission_by, write_record


@pytest.fixture
def write(tmp_path):
    """Write a submission of that name with its record."""

    def write_it(name: str, made_by: str, test_hash: str = "these"):
        path = tmp_path / f"{name}.csv"
        path.write_text(f"RowId,Location\n1,{len(name)}\n")
        write_record(path, {"test_hash": test_hash}, made_by, sample_faces=False)
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
