"""The competition as its files have it."""

import numpy as np
import pytest
from support import csv_files
from support.csv_files import spoil

from kaggle_fkd.competition.load import load_competition
from kaggle_fkd.errors import DataError
from kaggle_fkd.keypoints import KAGGLE15


def test_the_values_are_those_of_the_file(tmp_path, tables):
    competition = load_competition(csv_files.write_plain(tmp_path, tables))
    row = tables["training.csv"].iloc[2]
    assert competition.train.images[2].ravel().tolist() == list(map(int, row["Image"].split()))
    features = [float(row[name]) for name in KAGGLE15.feature_names]
    np.testing.assert_allclose(competition.train.keypoints[2].ravel(), features, rtol=1e-6)
    assert competition.train.convention.tolist() == [0, 0, 0, 1, 1, 1]
    assert competition.test.convention.tolist() == [0, 0, 1, 1]
    assert np.isnan(competition.train.keypoints[4]).sum() == 22


def test_windows_line_ends_and_a_bom_are_fine(tmp_path, tables):
    expected = load_competition(csv_files.write_plain(tmp_path / "unix", tables))
    windows = csv_files.write_plain(tmp_path / "windows", tables)
    for path in windows.glob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    found = load_competition(windows)
    assert found.train.digest() == expected.train.digest()
    assert found.test_digest == expected.test_digest


def test_coordinates_outside_the_image_are_kept_and_counted(tmp_path, tables, capsys):
    spoil(tables["training.csv"], 1, "nose_tip_x", "-3.5")
    spoil(tables["training.csv"], 2, "nose_tip_x", "101")
    competition = load_competition(csv_files.write_plain(tmp_path, tables))
    assert competition.train.keypoints[1, 10, 0] == -3.5
    assert "2 of 114 coordinates lie outside the image (in 2 rows)" in capsys.readouterr().err


def test_coordinates_may_lie_outside_by_as_much_as_the_image_is_wide(tmp_path, tables):
    spoil(tables["training.csv"], 1, "nose_tip_x", "-96")
    spoil(tables["training.csv"], 1, "nose_tip_y", "192")
    competition = load_competition(csv_files.write_plain(tmp_path, tables))
    assert competition.train.keypoints[1, 10].tolist() == [-96, 192]


def test_the_lookup_table_may_be_in_any_order(tmp_path, tables):
    tables["IdLookupTable.csv"] = tables["IdLookupTable.csv"].sample(frac=1, random_state=0)
    lookup = load_competition(csv_files.write_plain(tmp_path, tables)).lookup
    shuffled = tables["IdLookupTable.csv"]
    assert lookup.row_ids.tolist() == shuffled["RowId"].astype(int).tolist()
    names = [KAGGLE15.feature_names[feature] for feature in lookup.feature]
    assert names == shuffled["FeatureName"].tolist()


def test_a_sample_submission_of_another_download_is_rejected(tmp_path, tables):
    sample = tables["IdLookupTable.csv"][["RowId", "Location"]].iloc[1:]
    tables["SampleSubmission.csv"] = sample
    with pytest.raises(DataError, match=r"SampleSubmission\.csv: its RowIds"):
        load_competition(csv_files.write_plain(tmp_path, tables))
