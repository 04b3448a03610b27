"""A sample competition in a folder."""

import shutil

import pytest
from support import csv_files

from kaggle_fkd.competition.archive import TRAINING
from kaggle_fkd.competition.sample.competition import sample_competition
from kaggle_fkd.competition.sample.files import SampleSize
from kaggle_fkd.errors import UsageError

SIZE = SampleSize(train_a=12, train_b=12, test_a=2, test_b=2)


def test_the_files_of_a_competition_are_never_replaced(tmp_path):
    file = csv_files.write_plain(tmp_path, csv_files.tables()) / TRAINING
    before = file.read_bytes()
    with pytest.raises(UsageError, match=r"training\.csv that is not of sample faces"):
        sample_competition(tmp_path, SIZE)
    assert file.read_bytes() == before


def test_sample_faces_are_drawn_anew_where_drawing_them_was_interrupted(tmp_path, monkeypatch):
    writing = "kaggle_fkd.competition.sample.competition.write_sample_competition"
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(writing, _interrupted)
        sample_competition(tmp_path, SIZE)
    assert (tmp_path / TRAINING).exists()
    assert len(sample_competition(tmp_path, SIZE).train) == 24


def test_other_sample_faces_replace_sample_faces(tmp_path):
    first = sample_competition(tmp_path, SIZE).train.digest()
    assert sample_competition(tmp_path, SIZE, seed=1).train.digest() != first
    shutil.rmtree(tmp_path / "cache", ignore_errors=True)
    assert sample_competition(tmp_path, SIZE).train.digest() == first


def _interrupted(folder, size, seed):
    (folder / TRAINING).write_text("half")
    raise KeyboardInterrupt
