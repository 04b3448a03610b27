"""A sample competition in a folder."""

import shutil

import pytest
from support import csv_files

from kaggle_fkd.competition.archive import TEST, TRAINING
from kaggle_fkd.competition.load import load_competition
from kaggle_fkd.competition.sample.competition import sample_competition
from kaggle_fkd.competition.sample.files import SampleSize, write_sample_competition
from kaggle_fkd.errors import UsageError

SIZE = SampleSize(train_a=12, train_b=12, test_a=2, test_b=2)


@pytest.mark.parametrize(
    "write", [csv_files.write_plain, csv_files.write_inner_zips, csv_files.write_bundle]
)
def test_the_files_of_a_competition_are_never_replaced_or_hidden(tmp_path, write):
    before = load_competition(write(tmp_path, csv_files.tables())).train.digest()
    with pytest.raises(UsageError, match=r"training\.csv is not known to be of sample faces"):
        sample_competition(tmp_path, SIZE)
    assert load_competition(tmp_path).train.digest() == before


@pytest.mark.parametrize("name", [TRAINING, TEST])
def test_a_file_that_a_person_put_among_the_sample_faces_is_kept(tmp_path, name):
    sample_competition(tmp_path, SIZE)
    csv_files.write_plain(tmp_path, {name: csv_files.tables()[name]})
    before = (tmp_path / name).read_bytes()
    with pytest.raises(UsageError, match=f"{name} is not known to be of sample faces"):
        sample_competition(tmp_path, SIZE)
    assert (tmp_path / name).read_bytes() == before


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
    write_sample_competition(folder, size, seed)
    (folder / TEST).unlink()
    raise KeyboardInterrupt
