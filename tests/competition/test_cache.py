"""The cache of the parsed images."""

import os
import shutil

import numpy as np
import pytest
from support import csv_files
from support.csv_files import spoil

from kaggle_fkd.competition import load
from kaggle_fkd.competition.load import load_competition
from kaggle_fkd.errors import DataError


def test_the_second_load_comes_from_the_cache(tmp_path, tables, capsys):
    folder = csv_files.write_plain(tmp_path, tables)
    first = load_competition(folder)
    assert "reading" in capsys.readouterr().err
    second = load_competition(folder)
    assert "reading" not in capsys.readouterr().err
    assert isinstance(second.train.images, np.memmap)
    assert second.train.digest() == first.train.digest()


def test_a_changed_source_is_read_again(tmp_path, tables):
    folder = csv_files.write_plain(tmp_path, tables)
    before = load_competition(folder).train.digest()
    path = folder / "training.csv"
    status = path.stat()
    path.write_text(path.read_text().replace(" 200 ", " 201 ", 1))  # same size
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert load_competition(folder).train.digest() != before


@pytest.mark.parametrize("name", ["images", "keypoints", "ids"])
@pytest.mark.parametrize("place", [3, 20, -1], ids=["magic", "header", "numbers"])
def test_a_cache_with_a_changed_byte_is_replaced_from_the_source(tmp_path, tables, name, place):
    folder = csv_files.write_plain(tmp_path, tables)
    before = load_competition(folder).train.digest()
    path = folder / "cache" / "training" / f"{name}.npy"
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    assert load_competition(folder).train.digest() == before


def test_a_source_that_changes_while_it_is_read_is_not_cached(tmp_path, tables, monkeypatch):
    folder = csv_files.write_plain(tmp_path, tables)
    read = load.read_training

    def changed_meanwhile(file, scheme):
        table = read(file, scheme)
        text = file.path.read_text()
        file.path.write_text(text.replace(" 200 ", " 201 ", 1))
        os.utime(file.path, ns=(1, 1))
        return table

    monkeypatch.setattr(load, "read_training", changed_meanwhile)
    with pytest.raises(DataError, match=r"training\.csv: it was changed while it was read"):
        load_competition(folder)
    monkeypatch.undo()
    changed = load_competition(folder).train.digest()
    shutil.rmtree(folder / "cache")
    assert load_competition(folder).train.digest() == changed


@pytest.mark.parametrize("content", [b"nonsense", b""])
def test_a_damaged_cache_is_replaced_from_the_source(tmp_path, tables, content):
    folder = csv_files.write_plain(tmp_path, tables)
    before = load_competition(folder).train.digest()
    (folder / "cache" / "training" / "images.npy").write_bytes(content)
    assert load_competition(folder).train.digest() == before


def test_a_bad_file_behind_a_good_cache_is_still_rejected(tmp_path, tables):
    folder = csv_files.write_plain(tmp_path, tables)
    load_competition(folder)
    tables["test.csv"] = spoil(tables["test.csv"], 0, "Image", "1 2 3")
    csv_files.write_plain(folder, {"test.csv": tables["test.csv"]})
    with pytest.raises(DataError, match="3 pixels"):
        load_competition(folder)
