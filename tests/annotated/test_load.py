"""Annotated pictures of any scheme, from folders and zips, and the chips made of them."""

import os
import zipfile

import numpy as np
import pytest
from PIL import Image
from support.annotated_pictures import (
    FIVE,
    PERSONS,
    a_shape,
    pts_text,
    write_picture,
    write_pts,
    write_udacity,
    zipped,
)

from kaggle_fkd.annotated.load import find_pictures, load_annotated, mean_shape
from kaggle_fkd.errors import DataError, NoDataError
from kaggle_fkd.keypoints import IBUG68, KAGGLE15

SCHEMES = pytest.mark.parametrize(
    "scheme", [IBUG68, KAGGLE15, FIVE], ids=lambda scheme: scheme.name
)


@SCHEMES
def test_the_keypoints_are_those_of_the_csv(tmp_path, scheme):
    pictures = find_pictures(write_udacity(tmp_path, scheme=scheme), scheme)
    assert [picture.name for picture in pictures] == [f"training/{name}" for name in PERSONS]
    assert [picture.subject for picture in pictures] == ["Ann_Lee", "Ann_Lee", "Bo"]
    for seed, picture in enumerate(pictures):
        np.testing.assert_allclose(picture.keypoints, a_shape(seed, scheme))
        assert picture.load().shape == (160, 200, 3)


@SCHEMES
def test_the_keypoints_of_pts_files_count_from_1(tmp_path, scheme):
    pictures = find_pictures(write_pts(tmp_path, scheme=scheme), scheme)
    assert [picture.name for picture in pictures] == ["a.jpg", "deep/er/b.PNG"]
    for seed, picture in enumerate(pictures):
        np.testing.assert_allclose(picture.keypoints, a_shape(seed, scheme), atol=1e-9)
    assert pictures[0].subject != pictures[1].subject


@pytest.mark.parametrize("top", ["", "train-test-data"])
@pytest.mark.parametrize("write", [write_udacity, write_pts])
def test_a_zip_gives_the_faces_of_its_folder(tmp_path, write, top):
    folder = write(tmp_path / "folder")
    archive = zipped(folder, tmp_path / "data.zip", top)
    expected = load_annotated([folder], IBUG68, 32, 4)
    assert load_annotated([archive], IBUG68, 32, 4).digest() == expected.digest()


def test_the_test_frames_are_read_when_asked_for(tmp_path):
    write_udacity(tmp_path)
    write_udacity(tmp_path, "test", ["Bo_07.jpg"])
    assert len(load_annotated([tmp_path], IBUG68, 32, 4)) == 3
    (frame,) = find_pictures(tmp_path, IBUG68, "test")
    assert frame.name == "test/Bo_07.jpg"


def test_persons_are_the_same_in_every_source_and_differ_for_pts_pictures(tmp_path):
    frames = write_udacity(tmp_path / "frames")
    more = write_udacity(tmp_path / "more", names=["Bo_33.jpg"])
    write_picture(more / "training" / "Bo_33.jpg", seed=50)
    photographs = write_pts(tmp_path / "photographs")
    for seed, name in enumerate(("a.jpg", "deep/er/b.PNG"), start=60):
        write_picture(photographs / name, seed)
    faces = load_annotated([frames, photographs, more], IBUG68, 32, 4)
    assert faces.subject.tolist() == [0, 0, 1, 2, 3, 1]
    assert len(set(faces.repeat_groups())) == 4


def test_the_same_data_have_the_same_digest_in_any_place(tmp_path):
    first = [write_pts(tmp_path / "a"), write_udacity(tmp_path / "b")]
    second = [write_pts(tmp_path / "z" / "y"), write_udacity(tmp_path / "x")]
    expected = load_annotated(first, IBUG68, 32, 4)
    assert load_annotated(second, IBUG68, 32, 4).digest() == expected.digest()


def test_windows_line_ends_and_a_bom_are_fine(tmp_path):
    unix = [write_udacity(tmp_path / "unix"), write_pts(tmp_path / "pts")]
    expected = load_annotated(unix, IBUG68, 32, 4)
    windows = [write_udacity(tmp_path / "windows"), write_pts(tmp_path / "windows pts")]
    for path in [*windows[0].glob("*.csv"), *windows[1].rglob("*.pts")]:
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load_annotated(windows, IBUG68, 32, 4).digest() == expected.digest()


def test_a_picture_without_a_pts_file_is_left_out(tmp_path):
    (write_pts(tmp_path) / "a.pts").unlink()
    assert len(load_annotated([tmp_path], IBUG68, 32, 4)) == 1


@pytest.mark.parametrize("damage", [b"", b"no picture at all", "cut"])
def test_a_damaged_picture_is_named(tmp_path, damage):
    picture = write_pts(tmp_path) / "a.jpg"
    picture.write_bytes(picture.read_bytes()[:900] if damage == "cut" else damage)
    with pytest.raises(DataError, match=r"a\.jpg is (empty|not a picture|damaged)"):
        load_annotated([tmp_path], IBUG68, 32, 4)


def test_no_paths_have_no_data():
    with pytest.raises(NoDataError, match="no annotated pictures"):
        load_annotated([], IBUG68, 32, 4)


def test_a_path_with_nothing_to_read_is_named(tmp_path):
    with pytest.raises(NoDataError, match="no such folder or zip"):
        load_annotated([tmp_path / "gone"], IBUG68, 32, 4)
    with pytest.raises(NoDataError, match=r"nor \.pts files"):
        load_annotated([tmp_path], IBUG68, 32, 4)
    page = tmp_path / "page.zip"
    page.write_text("<html>")
    with pytest.raises(DataError, match="nor a complete zip"):
        load_annotated([page], IBUG68, 32, 4)


@SCHEMES
def test_the_mean_shape_is_upright_symmetrical_and_of_its_size(scheme):
    mean = mean_shape(np.stack([a_shape(seed, scheme) for seed in range(20)]), scheme, 100)
    sides = np.ptp(mean, axis=0)
    assert sides.max() == pytest.approx(100 / 1.25)
    np.testing.assert_allclose((mean.min(axis=0) + mean.max(axis=0)) / 2, 49.5)
    np.testing.assert_allclose(99 - mean[:, 0], mean[list(scheme.flip_order), 0])
    assert mean[scheme.nose_tip, 1] > mean[list(scheme.eye_corners), 1].max()
    if scheme is IBUG68:
        assert mean[8, 1] == mean[:, 1].max()  # the chin is below


@SCHEMES
def test_the_faces_are_aligned_and_their_pixels_move_with_them(tmp_path, scheme):
    """Each picture is dark, with a bright spot on the tip of the nose."""
    for seed in range(6):
        shape = a_shape(seed, scheme)
        x, y = shape[scheme.nose_tip]
        rows, columns = np.mgrid[:160, :200]
        distance = np.hypot(columns - x, rows - y)
        picture = np.uint8(255 * np.exp(-((distance / 4) ** 2)))
        Image.fromarray(picture).save(tmp_path / f"{seed}.png")
        (tmp_path / f"{seed}.pts").write_text(pts_text(shape))
    faces = load_annotated([tmp_path], scheme, 96, 16)
    assert (faces.size, faces.margin, len(faces)) == ((128, 128), 16, 6)
    assert faces.scheme is scheme
    assert faces.keypoints.std(axis=0).max() < 2
    for image, keypoints in zip(faces.images, faces.keypoints, strict=True):
        light = image.astype(float)
        rows, columns = np.mgrid[:128, :128]
        centre = (columns * light).sum() / light.sum(), (rows * light).sum() / light.sum()
        assert centre == pytest.approx(keypoints[scheme.nose_tip], abs=0.1)


def test_a_text_in_a_zip_that_is_a_bomb_is_not_read_into_memory(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", b"")
        archive.writestr("a.pts", bytes((1 << 24) + 1))
    with pytest.raises(DataError, match=r"a\.pts: cannot be read .*is larger than 16 MiB"):
        list(find_pictures(tmp_path / "a.zip", IBUG68))


def test_a_zip_that_is_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.zip")
    with pytest.raises(DataError, match="not a regular file"):
        find_pictures(tmp_path / "a.zip", IBUG68)


@pytest.mark.parametrize("place", [30, 60, 90])
def test_damaged_lzma_is_named(tmp_path, place):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.png", b"")
        archive.writestr("a.pts", b"version: 1\n" * 50)
    content = bytearray((tmp_path / "a.zip").read_bytes())
    at = content.index(b"a.pts") + 5
    content[at : at + place] = bytes(255 - byte for byte in content[at : at + place])
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.zip"):
        list(find_pictures(tmp_path / "a.zip", IBUG68))


def test_faces_in_equal_files_are_one_person(tmp_path):
    """Otherwise a network could be trained on a picture that it holds out."""
    for name in ("one", "two"):
        write_pts(tmp_path / name, names=("a.png", "b.png"))
    text = pts_text(a_shape(7))
    (tmp_path / "two" / "a.pts").write_text(text)  # labelled otherwise: another chip
    faces = load_annotated([tmp_path / "one", tmp_path / "two"], IBUG68, 32, 0)
    assert faces.subject.tolist() == [0, 1, 0, 1]


@SCHEMES
def test_outer_eye_corners_that_are_one_point_are_rejected(tmp_path, scheme):
    """Their distance is the unit of the NME."""
    write_pts(tmp_path, names=("a.png",), scheme=scheme)
    points = a_shape(0, scheme)
    right, left = scheme.eye_corners
    points[right] = points[left]
    (tmp_path / "a.pts").write_text(pts_text(points))
    with pytest.raises(DataError, match=r"a\.pts: the outer corners of both eyes are the same"):
        load_annotated([tmp_path], scheme, 32, 0)
