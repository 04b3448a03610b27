"""The competition's files as people have them: plain, zipped, mounted, damaged."""

import shutil
import zipfile
from contextlib import suppress

import numpy as np
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


@pytest.mark.parametrize(
    "compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_no_changed_byte_of_a_bundle_is_an_unexpected_error(tmp_path, tables, compression):
    bundle = csv_files.write_bundle(tmp_path / "good", tables) / BUNDLE
    good = load_competition(bundle.parent).train.digest()
    with zipfile.ZipFile(bundle) as members, zipfile.ZipFile(tmp_path / "b", "w", compression) as b:
        for name in members.namelist():
            b.writestr(name, members.read(name))
    content = (tmp_path / "b").read_bytes()
    random = np.random.default_rng(0)
    places = [*random.integers(0, len(content), 15), *range(len(content) - 300, len(content), 9)]
    (tmp_path / "bad").mkdir()
    for place in places:
        changed = bytearray(content)
        changed[place] ^= 1 << random.integers(8)
        (tmp_path / "bad" / BUNDLE).write_bytes(changed)
        shutil.rmtree(tmp_path / "bad" / "cache", ignore_errors=True)
        with suppress(DataError):  # or it is harmless
            assert load_competition(tmp_path / "bad").train.digest() == good, place


def test_an_inner_zip_that_is_a_bomb_is_not_read_into_memory(tmp_path, tables):
    bundle = csv_files.write_bundle(tmp_path, tables) / BUNDLE
    with zipfile.ZipFile(bundle) as members:
        kept = {name: members.read(name) for name in members.namelist()}
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in kept.items():
            if not name.endswith("training.zip"):
                archive.writestr(name, content)
        with archive.open("training.zip", "w") as member:
            for _ in range(300):
                member.write(bytes(1 << 20))
    with pytest.raises(DataError, match=r"training\.zip is larger than 256 MiB"):
        load_competition(tmp_path)


@pytest.mark.parametrize("cell", ["1 ", "1\n"], ids=["row", "quoted"])
def test_a_row_without_an_end_is_not_read_into_memory(tmp_path, tables, monkeypatch, cell):
    monkeypatch.setattr("kaggle_fkd.competition.tables.MAX_CHUNK_BYTES", 1 << 20)
    csv_files.write_plain(tmp_path, tables)
    header = (tmp_path / "training.csv").read_text().partition("\n")[0]
    (tmp_path / "training.csv").write_text(f'{header}\n"{cell * (1 << 20)}')
    with pytest.raises(DataError, match=r"training\.csv: the rows from row 0 .* are too long"):
        load_competition(tmp_path)


def test_a_table_with_too_many_rows_is_rejected(tmp_path, tables, monkeypatch):
    monkeypatch.setattr("kaggle_fkd.competition.tables.MAX_SMALL_ROWS", 50)
    csv_files.write_plain(tmp_path, tables)
    with pytest.raises(DataError, match=r"IdLookupTable\.csv has more than 50 rows"):
        load_competition(tmp_path)
