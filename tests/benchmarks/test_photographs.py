"""Which faces and photographs the scripts take, and how they change them."""

import json
from dataclasses import replace

import numpy as np
import pytest
from support.annotated_pictures import write_coco
from support.small_runs import quick

from benchmarks.detection import FACELESS, all_sets
from benchmarks.held_out import pictures_of_runs
from kaggle_fkd.annotated.load import load_annotated
from kaggle_fkd.config import ChipConfig
from kaggle_fkd.errors import RunError
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.runs.run import start_run
from kaggle_fkd.training.labels import network_shape

CONFIG = replace(quick(folds=2), chips=ChipConfig(32))


@pytest.fixture
def paths(tmp_path):
    """Six faces that people labelled, and two that a network did, one of them of the same file."""
    names = tuple(f"{number}.png" for number in range(6))
    write_coco(tmp_path / "labelled", names=names)
    write_coco(tmp_path / "more", names=("0.png", "new.jpg"))
    labels = tmp_path / "more" / "labels.json"
    document = json.loads(labels.read_text())
    for annotation in document["annotations"]:
        annotation["score"] = 0.9
    labels.write_text(json.dumps(document))
    return [tmp_path / "labelled", tmp_path / "more"]


def a_run(folder, paths, config=CONFIG):
    faces = load_annotated(paths, IBUG68, config.chips.size, config.chips.margin)
    data = {"data_hash": faces.digest(), "sample_faces": False}
    run = start_run(folder, config, data, IBUG68, network_shape(faces, config), "a CPU")
    run.member(0).folder.mkdir()
    run.member(0).finish({}, {"validation_rmse": {"all": 1.0}})
    return run


def test_the_pictures_are_those_of_the_training(paths, tmp_path):
    pictures, held_out = pictures_of_runs([a_run(tmp_path / "runs", paths)], paths)
    assert [picture.name for picture in pictures].count("0.png") == 1
    assert len(pictures) == len(held_out) == 7
    assert 0 < held_out.sum() < 6 and not held_out[-1]


def test_runs_that_were_trained_otherwise_are_refused(paths, tmp_path):
    run = a_run(tmp_path / "runs", paths)
    with pytest.raises(RunError, match="was not trained on these faces"):
        pictures_of_runs([run], paths[:1])
    other = replace(CONFIG, train=replace(CONFIG.train, seed=1))
    with pytest.raises(RunError, match="holds out the faces of"):
        pictures_of_runs([run, a_run(tmp_path / "other", paths, other)], paths)


def test_sets_of_few_photographs_have_no_crowds_and_nobody_is_searched_in_none(tmp_path):
    folders = [write_coco(tmp_path / name) for name in ("seen", "held_out")]
    sets = {each.name: each.photographs for each in all_sets(folders, np.arange(4) > 1)}
    assert not any(name.startswith("seen") for name in sets)
    assert len(sets["held_out"]) == len(sets["held_out, rotated by 30"]) == 2
    assert "held_out, crowds" not in sets
    assert len(sets["scikit-image, nobody"]) == len(FACELESS)
