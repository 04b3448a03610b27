"""The words of messages."""

import pytest

from kaggle_fkd.system.text import (
    MAX_QUOTE_LENGTH,
    count_of,
    describe_row,
    innermost_cause,
    shorten,
)


def test_rows_are_named_as_pandas_counts_and_as_editors_do():
    assert describe_row(0) == "row 0 (counted from 0; line 2, not counting blank ones)"


def test_long_cells_are_cut_off():
    assert shorten("7 8") == "'7 8'"
    assert shorten("9" * 35000) == repr("9" * MAX_QUOTE_LENGTH + "...")


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 faces"), (1, "1 face"), (2, "2 faces"), (5135, "5135 faces")]
)
def test_nouns_agree_with_their_number(number, words):
    assert count_of(number, "face") == words


def test_an_irregular_plural_is_given():
    assert count_of(1, "box", "boxes") == "1 box"
    assert count_of(3, "box", "boxes") == "3 boxes"


def raised(raise_it):
    try:
        raise_it()
    except Exception as error:
        return error


def test_the_innermost_cause_is_named_and_an_exception_that_was_being_handled_is_not():
    def wrapped():
        try:
            raise ConnectionRefusedError(111, "Connection refused")
        except OSError as error:
            raise RuntimeError("the pool gave up after many words") from error

    def unrelated():
        try:
            raise KeyError("no such file in the cache")
        except KeyError:
            raise ValueError(raised(wrapped))  # noqa: B904

    assert innermost_cause(raised(wrapped)) == "Connection refused"
    assert innermost_cause(raised(unrelated)) == "Connection refused"
    assert innermost_cause(TimeoutError()) == "TimeoutError"
