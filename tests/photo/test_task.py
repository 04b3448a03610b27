"""Photographs as a task."""

import pytest
from support.annotated_pictures import write_pts, zipped

from kaggle_fkd.errors import NoDataError
from kaggle_fkd.photo.task import PhotographsTask


def test_a_download_without_annotations_is_rejected(tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("no frames")
    archive = zipped(tmp_path / "empty", tmp_path / "archive.zip")

    def download(target, _):
        target.parent.mkdir(exist_ok=True)
        archive.rename(target)

    monkeypatch.setattr("kaggle_fkd.photo.task.download_udacity", download)
    with pytest.raises(NoDataError, match=r"nor \.pts files"):
        PhotographsTask(tmp_path / "data").fetch()


def test_annotated_pictures_that_exist_are_not_downloaded(tmp_path, monkeypatch):
    write_pts(tmp_path / "youtube68")
    monkeypatch.setattr(
        "kaggle_fkd.photo.task.download_udacity", lambda *_: pytest.fail("it is downloaded")
    )
    PhotographsTask(tmp_path).fetch()
