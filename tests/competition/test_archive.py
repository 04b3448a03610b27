"""The competition's files as people have them: plain, zipped, mounted, damaged."""

import zipfile

import pytest
from support import csv_files

from kaggle_fkd.competition import archive
from kaggle_fkd.competition.archive import BUNDLE, SLUG, find_competition_files, find_files
from kaggle_fkd.competition.load import load_competition
from kaggle_fkd.errors import DataError, NoDataError


@pytest.mark.parametrize(
    "write", [csv_files.write_plain, csv_files.write_inner_zips, csv_files.write_bundle]
)
def test_the_same_faces_come_from_plain_files_inner_zips_and_the_bundle(tmp_path, tables, write):
    plain = load_competition(csv_files.write_plain(tmp_path / "plain", tables))
    other = load_competition(write(tmp_path / "other", tables))
    assert other.train.digest() == plain.train.digest()
    assert other.test_digest == plain.test_digest


def test_plain_files_come_before_inner_zips_before_the_bundle(tmp_path, tables):
    csv_files.write_bundle(tmp_path, tables)
    csv_files.write_inner_zips(tmp_path, {"training.csv": csv_files.training_table(8, seed=5)})
    assert len(load_competition(tmp_path).train) == 8
    csv_files.write_plain(tmp_path, {"training.csv": csv_files.training_table(10, seed=6)})
    assert len(load_competition(tmp_path).train) == 10


def test_an_empty_folder_has_no_data_and_a_half_full_one_is_incomplete(tmp_path, tables):
    with pytest.raises(NoDataError, match="run the download stage"):
        find_competition_files(tmp_path)
    csv_files.write_plain(tmp_path, {"training.csv": tables["training.csv"]})
    with pytest.raises(DataError, match=r"test\.csv and IdLookupTable\.csv not found") as caught:
        find_competition_files(tmp_path)
    assert not isinstance(caught.value, NoDataError)


def test_a_truncated_bundle_is_rejected(tmp_path, tables):
    bundle = csv_files.write_bundle(tmp_path, tables) / BUNDLE
    bundle.write_bytes(bundle.read_bytes()[:-500])
    with pytest.raises(DataError, match="truncated"):
        load_competition(tmp_path)


def test_a_bundle_with_a_flipped_byte_is_rejected(tmp_path, tables):
    bundle = csv_files.write_bundle(tmp_path, tables) / BUNDLE
    content = bytearray(bundle.read_bytes())
    content[20_000] ^= 0xFF
    bundle.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        load_competition(tmp_path)


def test_another_archive_of_that_name_is_rejected(tmp_path):
    with zipfile.ZipFile(tmp_path / BUNDLE, "w") as archive:
        archive.writestr("holiday.txt", "sun")
    with pytest.raises(DataError, match=r"training\.csv and test\.csv and"):
        load_competition(tmp_path)


@pytest.mark.parametrize("name", ["../training.csv", "/etc/training.csv", "C:\\training.csv"])
def test_an_archive_whose_paths_leave_the_folder_is_rejected(tmp_path, tables, name):
    csv_files.write_bundle(tmp_path, tables)
    with zipfile.ZipFile(tmp_path / BUNDLE, "a") as archive:
        archive.writestr(name, "x")
    with pytest.raises(DataError, match="leaves the folder"):
        load_competition(tmp_path)


def test_a_login_page_instead_of_the_bundle_is_named(tmp_path):
    (tmp_path / BUNDLE).write_text("<!DOCTYPE html><title>Kaggle: log in</title>")
    with pytest.raises(DataError, match="web page"):
        load_competition(tmp_path)


def test_data_are_found_where_kaggle_mounts_them(tmp_path, tables, monkeypatch):
    csv_files.write_plain(tmp_path / "input" / "competitions" / "fkd", tables)
    monkeypatch.setattr(archive, "MOUNT", tmp_path / "input")
    files = find_files(tmp_path / "data")
    assert files["test.csv"].path.parent.name == "fkd"
    assert len(load_competition(tmp_path / "data").train) == 6
    assert (tmp_path / "data" / "cache").is_dir()


def test_the_folder_of_the_competition_comes_before_others_that_have_its_files(
    tmp_path, tables, monkeypatch
):
    monkeypatch.setattr(archive, "MOUNT", tmp_path)
    csv_files.write_plain(tmp_path / "a-copy", tables)
    for folder in (tmp_path / "competitions" / SLUG, tmp_path / SLUG):
        csv_files.write_plain(folder, tables)
        assert find_files(tmp_path / "data")["test.csv"].path.parent == folder
