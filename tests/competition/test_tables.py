"""Tables that are damaged are rejected, with the row and the cell."""

import re

import pytest
from support import csv_files
from support.csv_files import FEATURES, spoil

from kaggle_fkd.competition.load import load_competition
from kaggle_fkd.errors import DataError


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
    ("training.csv", "Image", pixels(last="12.5"), "not a whole number"),
    ("training.csv", "Image", pixels(last="x"), "not a whole number"),
    (
        "training.csv",
        "left_eye_center_x",
        "wide",
        "left_eye_center_x is not a finite number: 'wide'",
    ),
    ("training.csv", "nose_tip_y", "inf", "nose_tip_y is not a finite number"),
    ("training.csv", "nose_tip_y", "nan", "nose_tip_y is not a finite number"),
    ("training.csv", "nose_tip_y", "1e6", "nose_tip_y is far outside the image"),
    ("training.csv", "nose_tip_y", "3e38", "(not within -96..192): '3e38'"),
    ("training.csv", "left_eye_center_x", "-96.5", "left_eye_center_x is far outside the image"),
    ("test.csv", "Image", pixels(5), "5 pixels"),
    ("test.csv", "ImageId", "1", "ImageId 1 occurs a second time"),
    ("test.csv", "ImageId", "1.5", "ImageId is not a whole number"),
    ("test.csv", "ImageId", "", "ImageId is not a whole number"),
    ("test.csv", "ImageId", "1e300", "ImageId is not a whole number"),
    ("test.csv", "ImageId", "9007199254740993", "ImageId is not a whole number"),
    ("IdLookupTable.csv", "ImageId", "99", "ImageId '99', which test.csv does not have"),
    ("IdLookupTable.csv", "FeatureName", "chin_x", "FeatureName 'chin_x'"),
    ("IdLookupTable.csv", "RowId", "1", "RowId 1 occurs a second time"),
]


@pytest.mark.parametrize(("name", "column", "value", "message"), BAD_CELLS)
def test_a_bad_cell_is_rejected_with_file_and_row(tmp_path, tables, name, column, value, message):
    tables[name] = spoil(tables[name], 2, column, value)
    with pytest.raises(DataError) as caught:
        load_competition(csv_files.write_plain(tmp_path, tables))
    assert message in str(caught.value)
    assert f"{name}, row 2 (counted from 0; line 4, " in str(caught.value)


def test_the_line_of_a_bad_cell_is_right_where_blank_lines_are_not_counted(tmp_path, tables):
    spoil(tables["test.csv"], 2, "ImageId", "x")
    file = csv_files.write_plain(tmp_path, tables) / "test.csv"
    file.write_text(file.read_text().replace("\n", "\n\n"))
    with pytest.raises(DataError, match="not counting blank ones") as caught:
        load_competition(tmp_path)
    (line,) = re.findall(r"line (\d+),", caught.value.problem)
    assert file.read_text().split("\n\n")[int(line) - 1].startswith("x,")


@pytest.mark.parametrize("name", ["training.csv", "test.csv", "IdLookupTable.csv"])
@pytest.mark.parametrize("rows", ["nothing", "header"])
def test_an_empty_file_is_rejected(tmp_path, tables, name, rows):
    folder = csv_files.write_plain(tmp_path, tables)
    header = (folder / name).read_text().splitlines()[0] + "\n"
    (folder / name).write_text("" if rows == "nothing" else header)
    with pytest.raises(DataError, match=f"{name} is empty, or has only a header"):
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
def test_a_missing_column_is_rejected(tmp_path, tables, name, column):
    tables[name] = tables[name].drop(columns=column)
    with pytest.raises(DataError, match=f"{name}: column {column} missing"):
        load_competition(csv_files.write_plain(tmp_path, tables))


@pytest.mark.parametrize(
    ("name", "column"), [("training.csv", "nose_tip_x"), ("test.csv", "ImageId")]
)
def test_a_column_that_is_there_twice_is_rejected(tmp_path, tables, name, column):
    tables[name].insert(0, column, "1", allow_duplicates=True)
    with pytest.raises(DataError, match=f"{name}: column {column} is there twice"):
        load_competition(csv_files.write_plain(tmp_path, tables))


def test_a_row_with_too_many_cells_is_rejected(tmp_path, tables):
    folder = csv_files.write_plain(tmp_path, tables)
    lines = (folder / "test.csv").read_text().splitlines()
    lines[2] += ",1"
    (folder / "test.csv").write_text("\n".join(lines))
    with pytest.raises(DataError, match=r"test\.csv: a row has too many cells"):
        load_competition(folder)


def test_a_file_cut_off_in_the_middle_is_rejected(tmp_path, tables):
    folder = csv_files.write_plain(tmp_path, tables)
    content = (folder / "training.csv").read_bytes()
    (folder / "training.csv").write_bytes(content[:-200])
    with pytest.raises(DataError, match=r"training\.csv, row 5 .*pixels instead of 9216"):
        load_competition(folder)


@pytest.mark.parametrize(
    ("options", "problem"),
    [({"encoding": "utf-16"}, "is in UTF-16"),
     ({"sep": ";", "decimal": ","}, "has semicolons between its cells")],
)  # fmt: skip
def test_a_table_as_a_spreadsheet_saved_it_is_to_be_saved_again(tmp_path, tables, options, problem):
    folder = csv_files.write_plain(tmp_path, tables)
    labels = tables["training.csv"].replace("", "nan").astype(dict.fromkeys(FEATURES, float))
    labels.to_csv(folder / "training.csv", index=False, **options)
    remedy = "save it as CSV in UTF-8 with commas"
    with pytest.raises(DataError, match=rf"training\.csv {problem} -> {remedy}"):
        load_competition(folder)


def test_a_file_that_is_not_text_is_rejected(tmp_path, tables):
    folder = csv_files.write_plain(tmp_path, tables)
    (folder / "test.csv").write_bytes(b"\x89PNG\xff\xfe\x00" * 100)
    with pytest.raises(DataError, match=r"test\.csv"):
        load_competition(folder)
