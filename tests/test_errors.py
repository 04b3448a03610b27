"""Errors: one line with its remedy, whichever way they travel and are caught."""

import pickle

import pytest

from kaggle_fkd.errors import FkdError, MissingPictureError, PictureError, RunError, UsageError


@pytest.mark.parametrize("kind", [FkdError, UsageError, RunError, MissingPictureError])
def test_an_error_is_one_line_also_after_it_was_pickled(kind):
    error = kind("the file\nis gone", "look elsewhere")
    again = pickle.loads(pickle.dumps(error))
    for each in (error, again):
        assert type(each) is kind and str(each) == "the file is gone -> look elsewhere"
        assert (each.problem, each.remedy) == ("the file is gone", "look elsewhere")
        assert each.exit_code == kind.exit_code


def test_a_problem_that_quotes_a_whole_file_is_cut_off():
    error = UsageError(f"there is no {5000 * 'x'}", "choose another")
    for each in (error, pickle.loads(pickle.dumps(error))):
        assert each.problem.startswith("there is no xxx") and each.problem.endswith("x...")
        assert len(each.problem) == 1003 and str(each).endswith("x... -> choose another")


def test_a_wrong_argument_is_a_value_error_and_a_missing_picture_a_missing_file():
    with pytest.raises(ValueError, match="no such scheme -> name another"):
        raise UsageError("no such scheme", "name another")
    for kind in (PictureError, FileNotFoundError):
        with pytest.raises(kind, match=r"no a\.png -> check the path"):
            raise MissingPictureError("no a.png", "check the path")
