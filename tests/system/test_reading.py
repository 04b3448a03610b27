"""Reading files: what is not a regular file is neither waited for nor read without end."""

import os

import pytest

from kaggle_fkd.system.files import read_json_or_empty, sha256_of
from kaggle_fkd.system.reading import open_file, read_file


def test_a_regular_file_is_read(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert read_file(tmp_path / "a") == b"abc"
    assert read_file(tmp_path / "a", max_bytes=3) == b"abc"


def test_a_larger_file_than_allowed_is_not_read(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    with pytest.raises(OSError, match="larger than"):
        read_file(tmp_path / "a", max_bytes=2)


def test_pipes_devices_and_folders_are_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(OSError, match="not a regular file"):
            open_file(path)
    with pytest.raises(IsADirectoryError):
        open_file(tmp_path)
    assert read_json_or_empty(tmp_path / "pipe") == {}
    with pytest.raises(OSError, match="not a regular file"):
        sha256_of(tmp_path / "pipe")
