"""The cache of the parsed images."""

import os

import numpy as np
import pytest
from support import csv_files
from support.csv_files import spoil

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
