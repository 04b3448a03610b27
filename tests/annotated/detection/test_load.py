"""Photographs with labelled faces, from folders and zips."""

import json
import zipfile

import numpy as np
import pytest
from PIL import Image
from support.annotated_pictures import (
    a_shape,
    pts_text,
    write_coco,
    write_picture,
    write_udacity,
)
from support.made_up_photographs import drawn_photographs, write_photographs

from kaggle_fkd.annotated.detection.load import (
    faces_of_boxes,
    load_photographs,
    photograph_files,
)
from kaggle_fkd.errors import DataError, NoDataError
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.keypoints.pts import format_pts
from kaggle_fkd.photo.detection.faces import face_of_points


@pytest.fixture
def folder(tmp_path):
    """Two photographs with two faces each, and two without."""
    return write_photographs(tmp_path / "boxes", drawn_photographs(2, faces=2))


def test_photographs_have_the_faces_of_their_rows(folder):
    photographs = load_photographs([folder])
    assert len(photographs) == 4 and photographs.complete.all()
    assert [len(rows) for rows in photographs.faces_of] == [2, 2, 0, 0]
    drawn = drawn_photographs(2, faces=2)
    assert np.abs(photographs.faces[:, :3] - drawn.faces[:, :3]).max() < 5
    assert not photographs.exact_eyes.any() and not photographs.ignored.any()
    assert all(
        np.array_equal(first, second)
        for first, second in zip(photographs.pictures, drawn.pictures, strict=True)
    )


def test_photographs_in_a_zip_beside_the_boxes_are_the_same(folder, tmp_path):
    expected = load_photographs([folder])
    with zipfile.ZipFile(folder / "IMAGES.ZIP", "w") as archive:
        for path in sorted(folder.glob("*.png")):
            archive.write(path, path.name)
            path.unlink()
    zipped = load_photographs([folder])
    assert np.array_equal(zipped.faces, expected.faces) and len(zipped) == 4


def test_photographs_that_show_nobody_need_a_file_that_says_so(folder):
    for path in [folder / "boxes.csv", *folder.glob("*0.png"), *folder.glob("*1.png")]:
        path.unlink()
    with pytest.raises(NoDataError, match=r"needs a boxes\.csv, which has only its header"):
        load_photographs([folder])
    (folder / "boxes.csv").write_text("image,x0,y0,x1,y1,ignore\n")
    nobody = load_photographs([folder])
    assert len(nobody) and nobody.complete.all() and not len(nobody.faces)


def test_pictures_with_68_points_have_one_exact_face_and_perhaps_others(tmp_path):
    points = np.random.default_rng(0).uniform(20, 100, (68, 2))
    write_picture(tmp_path / "a.png", 0)
    (tmp_path / "a.pts").write_text(format_pts(points))
    photographs = load_photographs([tmp_path])
    assert len(photographs) == 1 and not photographs.complete.any()
    assert photographs.exact_eyes.all()
    face = face_of_points(points)
    assert np.allclose(photographs.faces[0], face, atol=1e-3)
    assert np.allclose(face[3:5], points[36:42].mean(axis=0))
    assert np.isclose(face[2] ** 2, np.ptp(points, axis=0).prod())
    assert len(points) == len(IBUG68.names)


def test_the_face_of_a_box_is_in_it():
    (face,) = faces_of_boxes(np.array([[10, 20, 110, 150]]))
    assert 10 < face[3] < face[0] < face[5] < 110  # the subject's right eye is at the left
    assert 20 < face[4] < face[1] < 150 and 80 < face[2] < 115


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("0.png,1,2,3", "line 6: 4 cells instead of 6"),
        ("0.png,1,2,3,x,0", "line 6: not a number"),
        ("0.png,9,2,3,4,0", "line 6: not a box"),
        ("0.png,1,2,3,nan,0", "line 6: not a box"),
        ("0.png,1,2,3,4,2", "line 6: not a box"),
        ("0.png,-1e300,2,1e300,4,0", "line 6: not a box"),
        ("gone.png,1,2,3,4,0", "there is no photograph 'gone.png'"),
        ("0.png,190,20,220,60,0", "line 6: the centre of the box is outside .* 160 x 160 pixels"),
    ],
)
def test_a_wrong_row_is_named(folder, line, problem):
    with (folder / "boxes.csv").open("a") as file:
        file.write(f"\n{line}")
    with pytest.raises(DataError, match=problem):
        load_photographs([folder])


def test_rows_name_photographs_by_their_path_where_file_names_repeat(folder):
    for name in ("left", "right"):
        (folder / name).mkdir()
        (folder / "0.png").replace(folder / name / "0.png")
        Image.new("L", (160, 160), 40).save(folder / "0.png")
    (folder / "0.png").unlink()
    with pytest.raises(DataError, match=r"line 2: 2 photographs are called '0\.png'"):
        load_photographs([folder])
    boxes = folder / "boxes.csv"
    boxes.write_text(boxes.read_text().replace("\n0.png", "\nleft/0.png"))
    photographs = load_photographs([folder])
    assert [len(rows) for rows in photographs.faces_of] == [2, 0, 0, 2, 0]


def test_a_zip_beside_its_unpacked_photographs_is_refused(folder):
    with zipfile.ZipFile(folder / "images.zip", "w") as archive:
        archive.write(folder / "0.png", "0.png")
    with pytest.raises(DataError, match=r"two photographs 0\.png"):
        load_photographs([folder])


def test_equal_photographs_have_one_subject(folder, tmp_path):
    again = tmp_path / "again"
    again.mkdir()
    (again / "9.png").write_bytes((folder / "0.png").read_bytes())
    (again / "boxes.csv").write_text("image,x0,y0,x1,y1,ignore\n9.png,9,9,60,60,0")
    photographs = load_photographs([folder, again])
    assert photographs.subject[-1] == photographs.subject[0]
    assert np.unique(photographs.subject).size == len(photographs) - 1


@pytest.mark.parametrize("frames_first", [True, False])
def test_persons_and_equal_photographs_are_connected_in_any_order(tmp_path, frames_first):
    frames = write_udacity(tmp_path / "frames")  # two of Ann_Lee, one of Bo
    more = write_udacity(tmp_path / "more", names=["Ann_Lee_50.jpg"])
    write_picture(more / "training" / "Ann_Lee_50.jpg", 9)
    photos = tmp_path / "photos"
    photos.mkdir()
    content = (frames / "training" / "Ann_Lee_00.jpg").read_bytes()
    (photos / "copy.jpg").write_bytes(content)
    (photos / "copy.pts").write_text(pts_text(a_shape(0)))
    folders = [frames, photos, more] if frames_first else [photos, more, frames]
    subjects = load_photographs(folders).subject.tolist()
    assert subjects == ([0, 0, 1, 0, 0] if frames_first else [0, 0, 0, 0, 1])


def test_the_faces_of_a_picture_are_those_of_one_photograph(tmp_path):
    write_coco(tmp_path, names=("a.jpg", "b.jpg"))
    document = json.loads((tmp_path / "labels.json").read_text())
    document["annotations"][1]["image_id"] = 0
    (tmp_path / "labels.json").write_text(json.dumps(document))
    photographs = load_photographs([tmp_path])
    assert len(photographs) == len(photograph_files(tmp_path)) == 1
    assert photographs.picture.tolist() == [0, 0] and photographs.exact_eyes.tolist() == [True] * 2


def test_hidden_files_beside_a_zip_are_no_photographs(folder):
    with zipfile.ZipFile(folder / "images.zip", "w") as archive:
        archive.write(folder / "0.png", "more.png")
    before = len(load_photographs([folder]))
    (folder / "._images.zip").write_bytes(b"of a Mac")
    assert len(load_photographs([folder])) == before == 5


def test_faces_that_a_network_labelled_are_left_out(tmp_path):
    write_coco(tmp_path, names=("a.jpg", "b.jpg"))
    assert len(load_photographs([tmp_path])) == 2
    document = json.loads((tmp_path / "labels.json").read_text())
    document["annotations"][0]["score"] = 0.9
    (tmp_path / "labels.json").write_text(json.dumps(document))
    assert len(load_photographs([tmp_path])) == 1
    document["annotations"][1]["score"] = 0.9
    (tmp_path / "labels.json").write_text(json.dumps(document))
    with pytest.raises(NoDataError, match="a network labelled all of its faces"):
        load_photographs([tmp_path])


def test_other_columns_and_damaged_photographs_are_named(folder):
    (folder / "1.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"1\.png"):
        load_photographs([folder])
    (folder / "boxes.csv").write_text("name,left,top\n")
    with pytest.raises(DataError, match="the columns are 'name, left, top'"):
        load_photographs([folder])


def test_nothing_to_read_is_said(tmp_path):
    with pytest.raises(NoDataError, match="no photographs"):
        load_photographs([])
    with pytest.raises(NoDataError):
        load_photographs([tmp_path])
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    (tmp_path / "boxes.csv").write_text("image,x0,y0,x1,y1,ignore\n")
    assert len(load_photographs([tmp_path])) == 1
    (empty := tmp_path / "empty").mkdir()
    (empty / "boxes.csv").write_text("image,x0,y0,x1,y1,ignore\n")
    with pytest.raises(NoDataError, match="empty has no photographs"):
        load_photographs([tmp_path, empty])
