"""Photographs as a task."""

import json

import pytest
from support.annotated_pictures import write_coco, write_pts, zipped

from kaggle_fkd.annotated.task import PhotographsTask
from kaggle_fkd.errors import NoDataError


def test_a_download_without_annotations_is_rejected(tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("no frames")
    archive = zipped(tmp_path / "empty", tmp_path / "archive.zip")

    def download(target, _):
        target.parent.mkdir(exist_ok=True)
        archive.rename(target)

    monkeypatch.setattr("kaggle_fkd.annotated.task.download_udacity", download)
    with pytest.raises(NoDataError, match=r"nor \.pts files"):
        PhotographsTask(tmp_path / "data").fetch()


def test_test_sets_of_one_name_are_told_apart_by_their_paths(tmp_path):
    for parent in ("one", "two"):
        write_pts(tmp_path / parent / "faces")
    write_pts(tmp_path / "others")
    paths = [tmp_path / "one" / "faces", tmp_path / "two" / "faces", tmp_path / "others"]
    sets = PhotographsTask(tmp_path, test_sets=paths).test_sets()
    assert list(sets) == [str(paths[0]), str(paths[1]), "others"]


def test_wrong_test_sets_are_found_before_anything_is_trained(tmp_path):
    task = PhotographsTask(tmp_path, test_sets=[tmp_path])
    with pytest.raises(NoDataError, match="test_frames_keypoints"):
        task.check_evaluation()


def test_networks_are_not_scored_on_the_labels_of_networks(tmp_path):
    write_coco(tmp_path)
    file = tmp_path / "labels.json"
    document = json.loads(file.read_text())
    document["annotations"][0]["score"] = 0.9
    file.write_text(json.dumps(document))
    ((picture,),) = PhotographsTask(tmp_path, test_sets=[tmp_path]).test_sets().values()
    assert picture.name == "b.png"
    document["annotations"][1]["score"] = 0.9
    file.write_text(json.dumps(document))
    with pytest.raises(NoDataError, match="a network labelled all of its faces"):
        PhotographsTask(tmp_path, test_sets=[tmp_path]).test_sets()


def test_annotated_pictures_that_exist_are_not_downloaded(tmp_path, monkeypatch):
    write_pts(tmp_path / "youtube68")
    monkeypatch.setattr(
        "kaggle_fkd.annotated.task.download_udacity", lambda *_: pytest.fail("it is downloaded")
    )
    PhotographsTask(tmp_path).fetch()
