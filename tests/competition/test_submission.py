"""The submission file: written for a lookup table, and checked against it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import csv_files
from support.csv_files import LOOKUP, lookup_of

from kaggle_fkd.competition.submission import (
    check_submission,
    clipped_share,
    read_submission,
    write_locations,
    write_submission,
)
from kaggle_fkd.errors import SubmissionError, UsageError
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.system.files import sha256_of


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25)
def test_every_location_is_the_asked_coordinate_of_the_asked_image(tmp_path_factory, seed):
    rng = np.random.default_rng(seed)
    table = csv_files.lookup_table().sample(frac=1, random_state=seed)
    table["RowId"] = rng.permutation(10_000)[: len(table)].astype(str)
    # Half of the time with expected errors, which are not part of a submission.
    keypoints = rng.uniform(-5, 101, (4, 15, 2 + seed % 2))
    path = tmp_path_factory.mktemp("submission") / "s.csv"
    write_submission(path, lookup_of(table), keypoints)
    written = pd.read_csv(path).set_index("RowId")["Location"]
    assert written.index.is_monotonic_increasing
    for row in table.itertuples():
        name, axis = row.FeatureName.rsplit("_", 1)
        value = keypoints[int(row.ImageId) - 1, KAGGLE15.index(name), "xy".index(axis)]
        assert written[int(row.RowId)] == pytest.approx(np.clip(value, 0, 96), abs=1e-4)


def test_the_keypoints_of_a_submission_are_those_that_were_asked_for():
    keypoints = np.random.default_rng(0).uniform(0, 96, (4, 15, 2))
    found = LOOKUP.keypoints(LOOKUP.locations(keypoints))
    asked = np.isfinite(found)
    assert np.array_equal(asked.all(axis=2), LOOKUP.requested())
    assert np.allclose(found[asked], keypoints[asked])


@pytest.mark.parametrize("shape", [(5, 15, 2), (3, 15, 2), (4, 14, 2), (4, 30), (4, 15, 4)])
def test_predictions_of_other_images_are_refused(tmp_path, shape):
    with pytest.raises(UsageError, match="not those of 4 test images with 15 keypoints"):
        write_submission(tmp_path / "s.csv", LOOKUP, np.full(shape, 48.0))
    assert list(tmp_path.iterdir()) == []


def test_predictions_that_are_not_numbers_leave_no_file(tmp_path):
    keypoints = np.full((4, 15, 2), 48.0)
    keypoints[3, 0, 0] = np.nan
    with pytest.raises(SubmissionError, match="not all finite numbers"):
        write_submission(tmp_path / "s.csv", LOOKUP, keypoints)
    assert list(tmp_path.iterdir()) == []


def test_a_submission_appears_after_its_record(tmp_path):
    path, digests = tmp_path / "s.csv", []

    def record(digest):
        assert not path.exists()
        digests.append(digest)

    write_submission(path, LOOKUP, np.full((4, 15, 2), 48.0), record)
    assert digests == [sha256_of(path)]


def test_what_is_wrong_is_said_of_the_file_that_was_to_be_written(tmp_path):
    path = tmp_path / "s.csv"
    with pytest.raises(SubmissionError, match="RowId 7 occurs a second time") as caught:
        write_locations(path, np.array([7, 7]), np.array([1.0, 2.0]))
    assert str(caught.value).startswith(f"{path}, row 1")
    assert list(tmp_path.iterdir()) == []


def good() -> pd.DataFrame:
    return pd.DataFrame({"RowId": LOOKUP.row_ids, "Location": 48.5}).astype(object)


def change(row, column, value):
    def spoil(table):
        table.loc[row, column] = value
        return table

    return spoil


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda table: table.iloc[:0], "76 of 76 RowIds missing"),
        (lambda table: table.drop(index=3), "1 of 76 RowIds missing, the first is 4"),
        (lambda table: table.rename(columns={"Location": "Place"}), "its columns are"),
        (lambda table: table.assign(Extra=1), "its columns are"),
        (change(2, "RowId", 1), "row 2 .* RowId 1 occurs a second time"),
        (change(2, "RowId", 999), "row 2 .* RowId 999 is not in the lookup table"),
        (change(2, "RowId", "x"), "row 2 .* RowId 'x' is not a whole number"),
        (change(2, "Location", ""), "row 2 .* not a finite number"),
        (change(2, "Location", "inf"), "row 2 .* not a finite number"),
        (change(2, "Location", "left"), "row 2 .* 'left' is not a finite number"),
        (change(2, "Location", 96.01), r"row 2 .* 96\.01 is not within 0\.\.96"),
        (change(2, "Location", -0.5), "not within"),
    ],
)
def test_a_file_that_kaggle_would_reject_is_rejected(tmp_path, spoil, message):
    path = tmp_path / "s.csv"
    spoil(good()).to_csv(path, index=False)
    with pytest.raises(SubmissionError, match=message):
        check_submission(path, LOOKUP)


def test_a_good_file_in_any_order_is_accepted(tmp_path):
    path = tmp_path / "s.csv"
    good().sample(frac=1, random_state=0).to_csv(path, index=False)
    check_submission(path, LOOKUP)


def test_decimal_commas_are_rejected_and_not_cut_off(tmp_path):
    path = tmp_path / "s.csv"
    good().to_csv(path, index=False, decimal=",")
    path.write_text(path.read_text().replace("48.5", "48,5"))
    with pytest.raises(SubmissionError, match=r"s\.csv cannot be read as a CSV file"):
        check_submission(path, LOOKUP)


def test_a_missing_or_empty_file_is_rejected(tmp_path):
    with pytest.raises(SubmissionError, match="no such file"):
        check_submission(tmp_path / "none.csv", LOOKUP)
    (tmp_path / "empty.csv").touch()
    with pytest.raises(SubmissionError, match="cannot be read as a CSV file"):
        check_submission(tmp_path / "empty.csv", LOOKUP)


def test_the_clipped_share_counts_locations_at_the_border_and_beyond(tmp_path):
    keypoints = np.full((4, 15, 2), 48.0)
    assert clipped_share(keypoints) == 0
    keypoints[0, 0] = (-3.0, 1e6)
    keypoints[3, 5] = (0.01, 95.99)
    assert clipped_share(LOOKUP.locations(keypoints)) == pytest.approx(2 / 76)
    write_submission(tmp_path / "s.csv", LOOKUP, keypoints)
    assert clipped_share(read_submission(tmp_path / "s.csv").locations) == pytest.approx(2 / 76)


def test_unknown_keypoints_do_not_count_in_the_clipped_share():
    keypoints = np.full((4, 15, 2), np.nan)
    assert clipped_share(keypoints) == 0
    keypoints[0, 0] = (96.5, 48.0)
    assert clipped_share(keypoints) == 0.5


def test_a_submission_is_read_in_the_order_of_its_row_ids(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("RowId,Location\n7,1.5\n3,96\n5,0\n")
    submission = read_submission(path)
    assert submission.row_ids.tolist() == [3, 5, 7]
    assert submission.locations.tolist() == [96, 0, 1.5]
