"""The competition of sample faces, and when it is used instead of the real one."""

import pytest
from support import csv_files

from kaggle_fkd.competition.archive import BUNDLE
from kaggle_fkd.competition.sample.competition import SAMPLE, competition_or_sample
from kaggle_fkd.errors import DataError


def test_data_that_are_there_are_used_without_a_word(tmp_path, tables, capsys):
    csv_files.write_plain(tmp_path, tables)
    competition = competition_or_sample(tmp_path)
    assert not competition.is_sample and len(competition.train) == 6
    assert "SAMPLE FACES" not in capsys.readouterr().err
    assert not (tmp_path / SAMPLE).exists()


@pytest.mark.slow
def test_without_data_sample_faces_are_drawn_and_announced(tmp_path, small_default_sample, capsys):
    competition = competition_or_sample(str(tmp_path))
    assert competition.is_sample
    assert "SAMPLE FACES" in capsys.readouterr().err
    again = competition_or_sample(tmp_path)
    assert again.train.digest() == competition.train.digest()
    assert "already in" in capsys.readouterr().err


def test_damaged_data_are_not_replaced_by_sample_faces(tmp_path):
    (tmp_path / BUNDLE).write_bytes(b"half of a download")
    with pytest.raises(DataError, match="not a zip"):
        competition_or_sample(tmp_path)
    assert not (tmp_path / SAMPLE).exists()
