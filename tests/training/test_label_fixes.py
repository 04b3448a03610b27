"""Label fixes: the table of a person's decisions, and what they make of the labels."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from support.made_up_faces import varied_faces, with_margin

from kaggle_fkd.errors import DataError
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.training.label_fixes import (
    DROP,
    KEEP,
    MOVE,
    Fix,
    apply_fixes,
    decisions,
    read_fixes,
    write_fixes,
)

EYE, NOSE, BROW = "left_eye_center", "nose_tip", "left_eyebrow_inner_end"
FIXES = (
    Fix(103, "", DROP),
    Fix(103, NOSE, MOVE, 46.0, 57.25),
    Fix(101, EYE, KEEP),
    Fix(110, EYE, DROP),
    Fix(111, "", KEEP),
)


@pytest.fixture(scope="module")
def faces():
    """12 of convention A, rows 100 to 111; 4 of convention B, rows 112 to 115."""
    return varied_faces(12, 4)


def test_a_table_is_sorted_and_keypoints_stand_before_their_face(tmp_path, faces):
    write_fixes(tmp_path / "fixes.csv", FIXES)
    assert (tmp_path / "fixes.csv").read_text() == (
        "row,keypoint,decision,x,y\n"
        f"101,{EYE},keep,,\n"
        f"103,{NOSE},move,46.0,57.25\n"
        "103,,drop,,\n"
        f"110,{EYE},drop,,\n"
        "111,,keep,,\n"
    )
    assert set(read_fixes(tmp_path / "fixes.csv", faces)) == set(FIXES)
    write_fixes(tmp_path / "again.csv", read_fixes(tmp_path / "fixes.csv", faces))
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "fixes.csv").read_bytes()


def test_a_location_survives_the_table_bit_for_bit(tmp_path, faces):
    located = [
        Fix(row, NOSE, MOVE, *map(float, at))
        for row, at in zip(faces.ids.tolist(), faces.keypoints[:, KAGGLE15.nose_tip], strict=True)
    ]
    write_fixes(tmp_path / "fixes.csv", located)
    assert read_fixes(tmp_path / "fixes.csv", faces) == tuple(located)
    assert apply_fixes(faces, located).digest() == faces.digest()


def test_a_label_is_dropped_or_moved_and_the_keypoint_overrules_its_face(faces):
    for fixes in (FIXES, FIXES[::-1]):
        fixed = apply_fixes(faces, fixes)
        changed = ~np.isclose(fixed.keypoints, faces.keypoints, equal_nan=True).all(axis=(1, 2))
        assert faces.ids[changed].tolist() == [103, 110]
        assert fixed.keypoints[3, KAGGLE15.nose_tip].tolist() == [46, 57.25]
        assert fixed.labelled[3].sum() == 1
        assert (faces.labelled[10] & ~fixed.labelled[10]).nonzero()[0].tolist() == [0]
    decided = decisions(faces, FIXES)
    assert decided[3, KAGGLE15.nose_tip] == MOVE and (decided[3] == DROP).sum() == 14
    assert (decided[11] == KEEP).all() and (decided[1] == KEEP).sum() == 1
    assert (decided[[0, 2, 4]] == "").all()


def test_locations_are_those_of_the_face_without_its_margin(faces):
    wide = with_margin(faces)
    np.testing.assert_array_equal(
        apply_fixes(wide, FIXES).inner().labelled, apply_fixes(faces, FIXES).labelled
    )
    moved = apply_fixes(wide, FIXES).inner().keypoints[3, KAGGLE15.nose_tip]
    assert moved.tolist() == [46, 57.25]


def test_a_missing_label_can_be_added(faces):
    gap = faces.keypoints.copy()
    gap[3, KAGGLE15.nose_tip] = np.nan
    fixed = apply_fixes(replace(faces, keypoints=gap), [FIXES[1]])
    assert fixed.keypoints[3, KAGGLE15.nose_tip].tolist() == [46, 57.25]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("7,nose_tip,keep,,", "row 7 is not a training face"),
        ("one,nose_tip,keep,,", "row 'one' is not a whole number"),
        ("101.5,nose_tip,keep,,", "row '101.5' is not a whole number"),
        ("101,nose,keep,,", "'nose' is not a keypoint"),
        ("101,nose_tip,kepe,,", "'kepe' is not a decision"),
        ("101,nose_tip,,,", "'' is not a decision"),
        ("101,,move,3,4", "a move of all keypoints"),
        ("101,nose_tip,move,,", "a move without x and y"),
        ("101,nose_tip,move,3,", "a move without x and y"),
        ("101,nose_tip,move,3,up", "y 'up' is not a number"),
        ("101,nose_tip,move,nan,3", "x nan, y 3 is not near the picture, which has 96 x 96"),
        ("101,nose_tip,move,3,inf", "x 3, y inf is not near"),
        ("101,nose_tip,move,193,3", "x 193, y 3 is not near"),
        ("101,nose_tip,move,3,-97", "x 3, y -97 is not near"),
        (f"112,{BROW},move,3,4", f"labelled in convention B, which does not mark {BROW}"),
        ("101,nose_tip,keep,3,4", "a keep has a location"),
        ("101,nose_tip,drop,3,", "a drop has a location"),
        ("101,nose_tip,drop", "3 cells instead of 5"),
        ("101,left_eye_center,keep,,\n101,left_eye_center,drop,,", "a decision in line 4, too"),
        ("101,,keep,,\n101,,drop,,", "row 101, all keypoints, has a decision in line 4, too"),
    ],
)
def test_a_line_that_does_not_fit_is_named(tmp_path, faces, line, problem):
    path = tmp_path / "fixes.csv"
    path.write_text(f"row,keypoint,decision,x,y\n102,,keep,,\n\n{line}\n")
    with pytest.raises(DataError) as caught:
        read_fixes(path, faces)
    number = 5 if "too" in problem else 4
    assert caught.value.problem.startswith(f"{path}, line {number}")
    assert problem in caught.value.problem and caught.value.remedy


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "column row is missing"),
        (b"row,keypoint,decision,x\n", "column y is missing"),
        (b"row,keypoint,decision,x,y,x\n", "column x is there twice"),
        (b"\xff\xfe\x00junk", "cannot be read as label fixes"),
        (b'row,keypoint,decision,x,y\n1,"nose', "cannot be read as label fixes"),
    ],
)
def test_a_file_that_is_not_a_table_of_fixes_is_named(tmp_path, faces, content, problem):
    (tmp_path / "fixes.csv").write_bytes(content)
    os.mkfifo(tmp_path / "pipe.csv")
    for path, expected in (
        (tmp_path / "fixes.csv", problem),
        (tmp_path / "pipe.csv", "not a regular file"),
        (tmp_path / "none.csv", "cannot be read"),
        (tmp_path, "cannot be read"),
    ):
        with pytest.raises(DataError, match=expected) as caught:
            read_fixes(path, faces)
        assert str(path) in caught.value.problem and "train.label_fixes" in caught.value.remedy


def test_a_table_that_a_spreadsheet_has_saved_is_read(tmp_path, faces):
    text = "note,row,keypoint,decision,x,y\r\nlooked,101,,keep,,\r\n"
    (tmp_path / "fixes.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_fixes(tmp_path / "fixes.csv", faces) == (Fix(101, "", KEEP),)


@pytest.mark.slow
def test_fixes_are_read_without_what_trains():
    """The page of a light installation reads and writes them."""
    code = "import sys, kaggle_fkd.training.label_fixes; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
