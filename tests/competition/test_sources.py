"""Loaders against files as people have them, good and bad."""

import os
import zipfile

import numpy as np
import pytest
from support import csv_files

from kaggle_fkd.competition import load as competition_module
from kaggle_fkd.competition.archive import BUNDLE, find_competition_files
from kaggle_fkd.competition.load import find_files, load_competition
from kaggle_fkd.errors import DataError, NoDataError
from kaggle_fkd.keypoints import KAGGLE15


@pytest.fixture
def tables():
    return csv_files.tables()


@pytest.mark.parametrize(
    "write", [csv_files.write_plain, csv_files.write_inner_zips, csv_files.write_bundle]
)
def test_the_same_faces_come_from_plain_files_inner_zips_and_the_bundle(tmp_path, tables, write):
    plain = load_competition(csv_files.write_plain(tmp_path / "plain", tables))
    other = load_competition(write(tmp_path / "other", tables))
    assert other.train_digest == plain.train_digest
    assert other.test_digest == plain.test_digest


def test_plain_files_come_before_inner_zips_before_the_bundle(tmp_path, tables):
    csv_files.write_bundle(tmp_path, tables)
    csv_files.write_inner_zips(tmp_path, {"training.csv": csv_files.training_table(8, seed=5)})
    assert len(load_competition(tmp_path).train) == 8
    csv_files.write_plain(tmp_path, {"training.csv": csv_files.training_table(10, seed=6)})
    assert len(load_competition(tmp_path).train) == 10


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
    assert found.train_digest == expected.train_digest
    assert found.test_digest == expected.test_digest


def spoil(table, row, column, value):
    table.loc[row, column] = value
    return table


def pixels(count=96 * 96, last="0"):
    return " ".join([*["7"] * (count - 1), last])


BAD_CELLS = [
    ("training.csv", "Image", pixels(9215), "9215 pixels"),
    ("training.csv", "Image", pixels(9217), "9217 pixels"),
    ("training.csv", "Image", "", "0 pixels"),
    ("training.csv", "Image", pixels(last="256"), "pixel 256"),
    ("training.csv", "Image", pixels(last="65580"), "pixel 65580"),
    ("training.csv", "Image", pixels(last="4294967340"), "pixel 4294967340"),
    ("training.csv", "Image", pixels(last="99999999999999999999"), "pixel"),
    ("training.csv", "Image", pixels(last="-1"), "pixel -1"),
    ("training.csv", "Image", pixels(last="12.5"), "no whole number"),
    ("training.csv", "Image", pixels(last="x"), "no whole number"),
    ("training.csv", "left_eye_center_x", "wide", "left_eye_center_x is no finite number: 'wide'"),
    ("training.csv", "nose_tip_y", "inf", "nose_tip_y is no finite number"),
    ("training.csv", "nose_tip_y", "nan", "nose_tip_y is no finite number"),
    ("test.csv", "Image", pixels(5), "5 pixels"),
    ("test.csv", "ImageId", "1", "ImageId 1 occurs a second time"),
    ("test.csv", "ImageId", "1.5", "ImageId is no whole number"),
    ("test.csv", "ImageId", "", "ImageId is no whole number"),
    ("IdLookupTable.csv", "ImageId", "99", "ImageId '99', which test.csv does not have"),
    ("IdLookupTable.csv", "FeatureName", "chin_x", "FeatureName 'chin_x'"),
    ("IdLookupTable.csv", "RowId", "1", "RowId 1 occurs a second time"),
]


@pytest.mark.parametrize(("name", "column", "value", "message"), BAD_CELLS)
def test_a_bad_cell_is_refused_with_file_and_row(tmp_path, tables, name, column, value, message):
    tables[name] = spoil(tables[name], 2, column, value)
    with pytest.raises(DataError) as caught:
        load_competition(csv_files.write_plain(tmp_path, tables))
    assert message in str(caught.value)
    assert f"{name}, row 2 (counted from 0; line 4)" in str(caught.value)


@pytest.mark.parametrize("name", ["training.csv", "test.csv", "IdLookupTable.csv"])
@pytest.mark.parametrize("rows", ["nothing", "header"])
def test_an_empty_file_is_refused(tmp_path, tables, name, rows):
    folder = csv_files.write_plain(tmp_path, tables)
    header = (folder / name).read_text().splitlines()[0] + "\n"
    (folder / name).write_text("" if rows == "nothing" else header)
    with pytest.raises(DataError, match=f"{name}: empty, or only a header"):
        load_competition(folder)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("training.csv", "nose_tip_x"),
        ("training.csv", "Image"),
        ("test.csv", "ImageId"),
        ("IdLookupTable.csv", "FeatureName"),
    ],
)
def test_a_missing_column_is_refused(tmp_path, tables, name, column):
    tables[name] = tables[name].drop(columns=column)
    with pytest.raises(DataError, match=f"{name}: column {column} missing"):
        load_competition(csv_files.write_plain(tmp_path, tables))


def test_a_row_with_too_many_cells_is_refused(tmp_path, tables):
    folder = csv_files.write_plain(tmp_path, tables)
    lines = (folder / "test.csv").read_text().splitlines()
    lines[2] += ",1"
    (folder / "test.csv").write_text("\n".join(lines))
    with pytest.raises(DataError, match=r"test\.csv: a row has too many cells"):
        load_competition(folder)


def test_a_file_cut_off_in_the_middle_is_refused(tmp_path, tables):
    folder = csv_files.write_plain(tmp_path, tables)
    content = (folder / "training.csv").read_bytes()
    (folder / "training.csv").write_bytes(content[:-200])
    with pytest.raises(DataError, match=r"training\.csv, row 5 .*pixels instead of 9216"):
        load_competition(folder)


def test_a_file_that_is_no_text_is_refused(tmp_path, tables):
    folder = csv_files.write_plain(tmp_path, tables)
    (folder / "test.csv").write_bytes(b"\x89PNG\xff\xfe\x00" * 100)
    with pytest.raises(DataError, match=r"test\.csv"):
        load_competition(folder)


def test_coordinates_outside_the_image_are_kept_and_counted(tmp_path, tables, capsys):
    spoil(tables["training.csv"], 1, "nose_tip_x", "-3.5")
    spoil(tables["training.csv"], 2, "nose_tip_x", "101")
    competition = load_competition(csv_files.write_plain(tmp_path, tables))
    assert competition.train.keypoints[1, 10, 0] == -3.5
    assert "2 of 114 coordinates lie outside the image (in 2 rows)" in capsys.readouterr().err


def test_the_lookup_table_may_be_in_any_order(tmp_path, tables):
    tables["IdLookupTable.csv"] = tables["IdLookupTable.csv"].sample(frac=1, random_state=0)
    lookup = load_competition(csv_files.write_plain(tmp_path, tables)).lookup
    shuffled = tables["IdLookupTable.csv"]
    assert lookup.row_ids.tolist() == shuffled["RowId"].astype(int).tolist()
    names = [KAGGLE15.feature_names[feature] for feature in lookup.feature]
    assert names == shuffled["FeatureName"].tolist()


def test_a_sample_submission_of_another_download_is_refused(tmp_path, tables):
    sample = tables["IdLookupTable.csv"][["RowId", "Location"]].iloc[1:]
    tables["SampleSubmission.csv"] = sample
    with pytest.raises(DataError, match=r"SampleSubmission\.csv: its RowIds"):
        load_competition(csv_files.write_plain(tmp_path, tables))


def test_an_empty_folder_has_no_data_and_a_half_full_one_is_incomplete(tmp_path, tables):
    with pytest.raises(NoDataError, match="--stage download"):
        find_competition_files(tmp_path)
    csv_files.write_plain(tmp_path, {"training.csv": tables["training.csv"]})
    with pytest.raises(DataError, match=r"test\.csv and IdLookupTable\.csv not found") as caught:
        find_competition_files(tmp_path)
    assert not isinstance(caught.value, NoDataError)


def test_a_truncated_bundle_is_refused(tmp_path, tables):
    bundle = csv_files.write_bundle(tmp_path, tables) / BUNDLE
    bundle.write_bytes(bundle.read_bytes()[:-500])
    with pytest.raises(DataError, match="truncated"):
        load_competition(tmp_path)


def test_a_bundle_with_a_flipped_byte_is_refused(tmp_path, tables):
    bundle = csv_files.write_bundle(tmp_path, tables) / BUNDLE
    content = bytearray(bundle.read_bytes())
    content[20_000] ^= 0xFF
    bundle.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        load_competition(tmp_path)


def test_another_archive_of_that_name_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / BUNDLE, "w") as archive:
        archive.writestr("holiday.txt", "sun")
    with pytest.raises(DataError, match=r"training\.csv and test\.csv and"):
        load_competition(tmp_path)


@pytest.mark.parametrize("name", ["../training.csv", "/etc/training.csv", "C:\\training.csv"])
def test_an_archive_whose_paths_leave_the_folder_is_refused(tmp_path, tables, name):
    csv_files.write_bundle(tmp_path, tables)
    with zipfile.ZipFile(tmp_path / BUNDLE, "a") as archive:
        archive.writestr(name, "x")
    with pytest.raises(DataError, match="leaves the folder"):
        load_competition(tmp_path)


def test_a_login_page_in_place_of_the_bundle_is_named(tmp_path):
    (tmp_path / BUNDLE).write_text("<!DOCTYPE html><title>Kaggle: log in</title>")
    with pytest.raises(DataError, match="web page"):
        load_competition(tmp_path)


def test_data_are_found_where_kaggle_mounts_them(tmp_path, tables, monkeypatch):
    csv_files.write_plain(tmp_path / "input" / "competitions" / "fkd", tables)
    monkeypatch.setattr(competition_module, "MOUNT", tmp_path / "input")
    files = find_files(tmp_path / "data")
    assert files["test.csv"].path.parent.name == "fkd"
    assert len(load_competition(tmp_path / "data").train) == 6
    assert (tmp_path / "data" / "cache").is_dir()


def test_the_second_load_comes_from_the_cache(tmp_path, tables, capsys):
    folder = csv_files.write_plain(tmp_path, tables)
    first = load_competition(folder)
    assert "reading" in capsys.readouterr().err
    second = load_competition(folder)
    assert "reading" not in capsys.readouterr().err
    assert isinstance(second.train.images, np.memmap)
    assert second.train_digest == first.train_digest


def test_a_changed_source_is_read_anew(tmp_path, tables):
    folder = csv_files.write_plain(tmp_path, tables)
    before = load_competition(folder).train_digest
    path = folder / "training.csv"
    status = path.stat()
    path.write_text(path.read_text().replace(" 200 ", " 201 ", 1))  # same size
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert load_competition(folder).train_digest != before


@pytest.mark.parametrize("content", [b"nonsense", b""])
def test_a_damaged_cache_is_read_anew(tmp_path, tables, content):
    folder = csv_files.write_plain(tmp_path, tables)
    before = load_competition(folder).train_digest
    (folder / "cache" / "training" / "images.npy").write_bytes(content)
    assert load_competition(folder).train_digest == before


def test_a_bad_file_behind_a_good_cache_is_still_refused(tmp_path, tables):
    folder = csv_files.write_plain(tmp_path, tables)
    load_competition(folder)
    tables["test.csv"] = spoil(tables["test.csv"], 0, "Image", "1 2 3")
    csv_files.write_plain(folder, {"test.csv": tables["test.csv"]})
    with pytest.raises(DataError, match="3 pixels"):
        load_competition(folder)
