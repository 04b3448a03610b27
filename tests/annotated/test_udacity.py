"""Udacity's layout of annotated frames, good and bad."""

import pytest
from support.annotated_pictures import FIVE, csv_row, write_udacity

from kaggle_fkd.annotated.load import load_annotated
from kaggle_fkd.annotated.udacity import person_of
from kaggle_fkd.errors import DataError
from kaggle_fkd.keypoints import IBUG68


@pytest.mark.parametrize(
    ("file_name", "person"),
    [("Luis_Fonsi_21.jpg", "Luis_Fonsi"), ("A_B_C_0.png", "A_B_C"), ("Cher.jpg", "Cher.jpg")],
)
def test_the_person_is_the_name_without_its_number(file_name, person):
    assert person_of(file_name) == person


BAD_ROWS = [
    (csv_row("Gone_00.jpg", 0), "no picture 'Gone_00.jpg'"),
    (csv_row("../training/Bo_01.jpg", 0), "no picture"),
    (csv_row("Bo_01.jpg", 0) + ",7", "137 coordinates instead of 136"),
    (csv_row("Bo_01.jpg", 0).rpartition(",")[0], "135 coordinates"),
    (csv_row("Bo_01.jpg", 0).rpartition(",")[0] + ",", "not a finite number: ''"),
    (csv_row("Bo_01.jpg", 0).rpartition(",")[0] + ",nan", "not a finite number: 'nan'"),
    (csv_row("Bo_01.jpg", 0).rpartition(",")[0] + ",12px", "not a finite number: '12px'"),
    ("Bo_01.jpg" + ",5" * 136, "the same x or the same y"),
    ("", "no picture ''"),
]


@pytest.mark.parametrize(("row", "problem"), BAD_ROWS)
def test_a_bad_row_is_named(tmp_path, row, problem):
    table = write_udacity(tmp_path) / "training_frames_keypoints.csv"
    lines = table.read_text().splitlines()
    table.write_text("\n".join([*lines[:3], row, *lines[3:]]))
    with pytest.raises(DataError) as caught:
        load_annotated([tmp_path], IBUG68, 32, 4)
    assert str(table) in caught.value.problem
    assert "row 2 (counted from 0; line 4, not counting blank ones)" in caught.value.problem
    assert problem in caught.value.problem


def test_a_table_of_another_scheme_is_rejected(tmp_path):
    write_udacity(tmp_path, scheme=FIVE)
    with pytest.raises(DataError, match=r"row 0 .*: 10 coordinates instead of 136"):
        load_annotated([tmp_path], IBUG68, 32, 4)
