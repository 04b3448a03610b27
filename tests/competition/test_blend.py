"""Weighted means of submission files."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.csv_files import LOOKUP

from kaggle_fkd.competition.blend import blend_submissions, check_blend
from kaggle_fkd.errors import SubmissionError, UsageError


def submission(path, locations, order=slice(None)):
    table = pd.DataFrame({"RowId": LOOKUP.row_ids, "Location": locations})
    table.iloc[order].to_csv(path, index=False)
    return path


@given(seed=st.integers(0, 1000))
@settings(max_examples=10)
def test_files_are_blended_by_row_id_whatever_their_order(tmp_path_factory, seed):
    rng = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("blend")
    first, second = rng.uniform(0, 96, (2, len(LOOKUP))).round(4)
    paths = [
        submission(folder / "a.csv", first, rng.permutation(len(LOOKUP))),
        submission(folder / "b.csv", second, rng.permutation(len(LOOKUP))),
    ]
    blended = blend_submissions(paths)
    assert blended.row_ids.tolist() == LOOKUP.row_ids.tolist()
    np.testing.assert_allclose(blended.locations, (first + second) / 2)
    weighted = blend_submissions(paths, (3.0, 1.0))
    np.testing.assert_allclose(weighted.locations, 0.75 * first + 0.25 * second)
    # The sum of these weights is beyond the largest float.
    np.testing.assert_allclose(
        blend_submissions(paths, (1e308, 1e308)).locations, blended.locations
    )


def test_a_file_that_lacks_rows_is_not_blended(tmp_path):
    good = submission(tmp_path / "good.csv", 48.0)
    bad = submission(tmp_path / "bad.csv", 48.0, slice(1, None))
    with pytest.raises(SubmissionError, match=r"bad\.csv: 1 of 76 RowIds missing .*good\.csv"):
        blend_submissions([good, bad])
    with pytest.raises(SubmissionError, match=r"good\.csv: RowId 1 is not in .*bad\.csv"):
        blend_submissions([bad, good])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("RowId,Place\n1,50\n", "its columns are RowId, Place"),
        ("RowId,Location\n1,50\n1,51\n", "row 1 .*RowId 1 occurs a second time"),
        ("RowId,Location\n1.5,50\n", r"row 0 .*RowId '1\.5' is not a whole number"),
        ("RowId,Location\n1e300,50\n", "row 0 .*RowId '1e300' is not a whole number"),
        ("RowId,Location\n1,nan\n", "row 0 .*location 'nan' is not a finite number"),
        ("RowId,Location\n1,96.5\n", r"row 0 .*location 96\.5 is not within 0\.\.96"),
        ("RowId,Location\n", "has no rows"),
        ("RowId,Location\n1,2,3\n", "cannot be read as a CSV file"),
    ],
)
def test_each_file_must_be_a_valid_submission_by_itself(tmp_path, text, message):
    (tmp_path / "bad.csv").write_text(text)
    good = submission(tmp_path / "good.csv", 48.0)
    for paths in ([good, tmp_path / "bad.csv"], [tmp_path / "bad.csv", good]):
        with pytest.raises(SubmissionError, match=rf"bad\.csv.*{message}"):
            blend_submissions(paths)


@pytest.mark.parametrize(
    ("paths", "weights", "message"),
    [
        ([], (), "nothing to blend"),
        ([Path("a")], (), "nothing to blend"),
        ([Path("a"), Path("b")], (1.0,), "2 files to blend need 2 weights, not 1"),
        ([Path("a"), Path("b")], (1.0, 0.0), "out of range"),
        ([Path("a"), Path("b")], (2.0, -1.0), "out of range"),
        ([Path("a"), Path("b")], (1.0, float("nan")), "out of range"),
        ([Path("a"), Path("b")], (1.0, float("inf")), "out of range"),
    ],
)
def test_a_blend_needs_two_files_and_a_positive_weight_for_each(paths, weights, message):
    for check in (check_blend, blend_submissions):
        with pytest.raises(UsageError, match=message):
            check(paths, weights)


def test_the_same_file_is_not_blended_twice(tmp_path):
    good = submission(tmp_path / "good.csv", 48.0)
    again = tmp_path / "folder" / ".." / "good.csv"
    (tmp_path / "folder").mkdir()
    for check in (check_blend, blend_submissions):
        with pytest.raises(UsageError, match=r"good\.csv is given twice"):
            check([good, again], (1.0, 2.0))
