"""The competition as a task: which faces it works on."""

import pytest
from support import csv_files

from kaggle_fkd.competition.archive import SAMPLE_SUBMISSION, TRAINING
from kaggle_fkd.competition.load import load_competition
from kaggle_fkd.competition.sample.competition import SAMPLE
from kaggle_fkd.competition.sample.files import SampleSize
from kaggle_fkd.competition.task import CompetitionTask
from kaggle_fkd.errors import DataError, NoDataError, UsageError


@pytest.fixture
def task(tmp_path):
    """On an empty folder, and with few sample faces."""
    return CompetitionTask(tmp_path, SampleSize(4, 4, 2, 3))


def test_asking_for_the_data_before_they_are_fetched_does_no_harm(task):
    with pytest.raises(NoDataError):
        _ = task.is_sample
    assert task.closing_notice() == ()
    task.fetch(may_use_sample=True)
    assert task.is_sample and len(task.competition.train) == 8
    assert task.data_dir == task.requested_dir / SAMPLE
    assert "SAMPLE FACES" in task.closing_notice()[0]


def test_data_that_are_there_by_the_time_of_the_fetch_take_the_place_of_sample_faces(task, tables):
    task.fetch(may_use_sample=True)
    csv_files.write_plain(task.requested_dir, tables)
    task.fetch()
    assert not task.is_sample and len(task.competition.train) == 6
    assert task.closing_notice() == ()


def test_data_in_the_folder_of_the_sample_faces_are_used_and_not_called_sample_faces(task, tables):
    task.fetch(may_use_sample=True)
    csv_files.write_plain(task.data_dir, tables)
    (task.data_dir / SAMPLE_SUBMISSION).unlink()
    again = CompetitionTask(task.requested_dir, task.sample_size)
    assert not again.is_sample and again.closing_notice() == ()
    with pytest.raises(UsageError, match="move the competition's files"):
        again.fetch(may_use_sample=True)
    assert len(load_competition(task.data_dir).train) == 6


@pytest.mark.parametrize("drawn", [(), (TRAINING,)], ids=["nothing", "a part"])
def test_sample_faces_whose_drawing_was_interrupted_are_to_be_drawn_by_all_again(task, drawn):
    task.fetch(may_use_sample=True)
    for file in task.data_dir.glob("*.csv"):
        if file.name not in drawn:
            file.unlink()
    again = CompetitionTask(task.requested_dir, task.sample_size)
    with pytest.raises(DataError, match=r"the sample faces are incomplete.*repeat `all`"):
        _ = again.is_sample
    assert again.closing_notice() == ()
    again.fetch(may_use_sample=True)
    assert again.is_sample
