"""iBUG's `.pts` files, good and bad."""

import numpy as np
import pytest
from support.annotated_pictures import FIVE, a_shape, pts_text, write_pts

from kaggle_fkd.annotated.load import load_annotated
from kaggle_fkd.errors import DataError, UsageError
from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.keypoints.pts import read_pts_file, write_pts_file

BAD_PTS = [
    (pts_text(a_shape(0), count=49), "n_points is 49, not 68"),
    (pts_text(a_shape(0)).replace("n_points: 68", ""), "no line with n_points"),
    (pts_text(a_shape(0)[:67], count=68), "134 coordinates instead of 136"),
    (pts_text(a_shape(0)).replace("{", ""), "not in braces"),
    (pts_text(a_shape(0)).replace("}", ""), "not in braces"),
    (pts_text(a_shape(0)).replace("{\n", "{\nx"), "not a finite number: 'x"),
    (pts_text(a_shape(0)).replace("{\n", "{\n1" + 100 * "0"), "outside of every picture: '1000"),
    ("", "no line with n_points"),
]


@pytest.mark.parametrize("scheme", [IBUG68, KAGGLE15, FIVE], ids=lambda scheme: scheme.name)
def test_keypoints_survive_a_pts_file(tmp_path, scheme):
    keypoints = a_shape(3, scheme)
    write_pts_file(tmp_path / "new" / "face.pts", keypoints)
    read = read_pts_file(tmp_path / "new" / "face.pts", scheme)
    np.testing.assert_allclose(read, keypoints, atol=1e-9)


def test_the_first_pixel_is_1_in_a_pts_file_and_0_in_memory(tmp_path):
    for wrong in (np.full((5, 2), np.nan), np.zeros((5, 3)), np.zeros(5)):
        with pytest.raises(UsageError, match="not K x 2 finite numbers"):
            write_pts_file(tmp_path / "face.pts", wrong)
    write_pts_file(tmp_path / "face.pts", np.array([[0, 0], [9, 0.5], [3, 4], [5, 6], [7, 8]]))
    lines = (tmp_path / "face.pts").read_text().splitlines()
    assert lines[:5] == ["version: 1", "n_points: 5", "{", "1.000 1.000", "10.000 1.500"]
    assert read_pts_file(tmp_path / "face.pts", FIVE)[0].tolist() == [0, 0]


def test_a_pts_file_with_another_number_of_points_than_the_scheme_is_rejected(tmp_path):
    write_pts_file(tmp_path / "face.pts", a_shape(0, FIVE))
    with pytest.raises(DataError, match=r"face\.pts: n_points is 5, not 68"):
        read_pts_file(tmp_path / "face.pts")
    write_pts(tmp_path / "set", scheme=KAGGLE15)
    with pytest.raises(DataError, match=r"a\.pts: n_points is 15, not 5"):
        load_annotated([tmp_path / "set"], FIVE, 32, 4)


def test_a_pts_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.pts: cannot be read \(No such file"):
        read_pts_file(tmp_path / "gone.pts")
    (tmp_path / "binary.pts").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(DataError, match=r"binary\.pts"):
        read_pts_file(tmp_path / "binary.pts")


@pytest.mark.parametrize(("text", "problem"), BAD_PTS)
def test_a_bad_pts_file_is_named(tmp_path, text, problem):
    bad = write_pts(tmp_path) / "a.pts"
    bad.write_text(text)
    with pytest.raises(DataError) as caught:
        load_annotated([tmp_path], IBUG68, 32, 4)
    assert str(bad) in caught.value.problem
    assert problem in caught.value.problem


def test_a_pts_file_without_its_picture_is_named(tmp_path):
    (write_pts(tmp_path) / "a.jpg").unlink()
    with pytest.raises(DataError, match=r"a\.pts: no picture of that name"):
        load_annotated([tmp_path], IBUG68, 32, 4)
