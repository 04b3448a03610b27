"""A face detector is trained and evaluated on the command line, as other networks are."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from support.command_line import interrupted_at
from support.html_pages import ParsedPage, require_sound
from support.made_up_photographs import drawn_photographs, write_photographs

from kaggle_fkd.cli import main
from kaggle_fkd.export.opened import open_exported
from kaggle_fkd.inference.detector import OnnxDetector
from kaggle_fkd.photo.detection.detect import detect
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.runs.find import runs_in

QUICK = ("--points", "eyes", "--set", "train.folds=2", "--batch-size", 8)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """24 photographs with a drawn face each, and 24 without."""
    return write_photographs(tmp_path_factory.mktemp("detect") / "set", drawn_photographs(24))


@pytest.mark.slow
def test_a_detector_finds_faces_that_it_never_saw(place, folder):
    crops = (
        "crop=96", "smallest=25", "largest=50", "any_roll=0", "cover=0", "backgrounds=0"
    )  # fmt: skip
    settings = [word for crop in crops for word in ("--set", f"detect.{crop}")]
    code, out, err = place("train", *QUICK, "--train-on", folder, "--epochs", 150, *settings)
    assert code == 0 and out == "" and "validation loss" in err
    (run,) = runs_in(place.runs)
    assert run.scheme.name == "eyes" and run.finished
    new = drawn_photographs(8, seed=5)
    network = open_exported(run, run.member(0), OnnxDetector, "cpu")
    found = [detect(network, picture, 0.3) for picture in new.pictures]
    near = [
        len(each.scores) > 0 and np.linalg.norm(each.faces[0, :2] - truth[:2]) < truth[2] / 2
        for each, truth in zip(found[:8], new.faces, strict=True)
    ]
    # Processors round differently, which so short a training amplifies: 6 were found here.
    assert sum(near) >= 4 and sum(len(each.scores) for each in found[8:]) <= 2
    finder = FaceKeypoints(run=run)
    assert finder.scheme.name == "ibug68"
    again = detect(finder.detector.network, new.pictures[0], 0.3)
    assert np.array_equal(again.scores, found[0].scores)
    assert place("inside", "astronaut", "--run", run.name)[0] == 1
    code, out, _ = place("runs")
    assert code == 0 and run.name in out


@pytest.mark.slow
def test_an_evaluation_trains_a_detector_for_each_fold(place, folder):
    code, _, err = place("evaluate", *QUICK, "--train-on", folder, "--epochs", 1)
    assert code == 0 and "false positives in 48 completely labelled photographs" in err
    (run,) = runs_in(place.runs)
    assert run.cross_validated
    (results,) = place.runs.glob("evaluation-*")
    curve = pd.read_csv(results / "curve.csv")
    assert curve["found"].is_monotonic_decreasing and curve["false_positives"].iloc[-1] == 0
    assert run.member(0).curve_file.exists()
    report = ("report", "--points", "eyes", "--train-on", folder, "--run", run.name)
    code, out, err = place(*report)
    assert code == 0 and out == "" and str(run.folder / "report.html") in err
    page = ParsedPage((run.folder / "report.html").read_text(encoding="utf-8"))
    require_sound(page)
    assert "To add" not in page.text and {"found-curve", "missed"} <= set(page.ids)
    assert "Boxes of faces and their eyes, predicted by 2 networks (detector)" in page.text
    shutil.rmtree(results)
    assert place(*report)[0] == 0
    page = ParsedPage((run.folder / "report.html").read_text(encoding="utf-8"))
    assert f"--points eyes --train-on {folder} --run {run.name}" in page.text
    other = shutil.copytree(run.folder, run.folder.with_name("other"))
    both = f"{run.name},{other.name}"
    code, _, err = place(
        "evaluate", "--points", "eyes", "--train-on", folder, "--run", both, "--device", "cpu"
    )
    assert code == 2 and "not averaged" in err


@pytest.mark.slow
def test_a_resumed_detector_is_equal_to_an_uninterrupted_one(place, folder):
    arguments = [*map(str, ("train", *QUICK, "--train-on", folder, "--epochs", 3))]
    complete, resumed = place.runs / "complete", place.runs / "resumed"
    assert main([*arguments, "--runs-dir", str(complete)]) == 0
    with interrupted_at("epoch 2/"):
        assert main([*arguments, "--runs-dir", str(resumed)]) == 130
    assert main([*arguments, "--runs-dir", str(resumed), "--resume"]) == 0
    first, second = (
        runs_in(runs)[0].member(0).weights_file.read_bytes() for runs in (complete, resumed)
    )
    assert first == second


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 1, "no photographs to train a face detector on"),
        (("--model", "lenet"), 2, "the network lenet predicts keypoints"),
        (("--preset", "cpu"), 2, "not made for the keypoints eyes"),
        (("--set", "eda.seed=1"), 2, "the keypoints eyes do not use that setting"),
        (("--set", "augment.rotation=5"), 2, "the keypoints eyes do not use that setting"),
        (("--set", "train.loss=l1"), 2, "the keypoints eyes do not use that setting"),
    ],
)
def test_what_does_not_fit_a_detector_is_refused(place, arguments, code, message):
    answer = place("train", "--points", "eyes", *arguments)
    assert answer[0] == code and message in answer[2]


@pytest.mark.parametrize("setting", ["detect.crop=100", "detect.smallest=200"])
def test_crops_that_cannot_be_made_leave_no_run(place, folder, setting):
    code, _, err = place("train", *QUICK, "--train-on", folder, "--set", setting)
    assert code == 2 and setting.partition("=")[0] in err
    assert runs_in(place.runs) == []


def test_photographs_with_too_few_faces_leave_no_run(place, tmp_path):
    drawn = drawn_photographs(1)
    empty = [*drawn.pictures[1:], *(255 - picture for picture in drawn.pictures)]
    one = write_photographs(tmp_path / "one", replace(drawn, pictures=[drawn.pictures[0], *empty]))
    arguments = ("train", *QUICK, "--train-on", one)
    code, _, err = place(*arguments)
    assert code == 1 and "there are faces to find in 1 of 2 folds" in err
    code, _, err = place(*arguments, "--set", "train.folds=9")
    assert code == 1 and "photographs of 4 subjects are too few for 9 folds" in err
    (one / "boxes.csv").write_text("image,x0,y0,x1,y1,ignore\n0.png,20,20,26,28,0")
    code, _, err = place(*arguments)
    assert code == 1 and "no face of the photographs has a size of 12 pixels" in err
    assert runs_in(place.runs) == []
