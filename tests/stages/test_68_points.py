"""The stages that work with 68 points, on a small folder of pictures with `.pts` files."""

import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from support.html_pages import ParsedPage, require_sound
from support.posed_faces import blank, posed_face

from kaggle_fkd.imaging.picture import read_picture
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.keypoints.pts import format_pts
from kaggle_fkd.photo.overlay.drawing import draw_faces
from kaggle_fkd.runs.find import runs_in

TRAIN = ("--points", 68, "--model", "lenet", "--epochs", 1, "--lr", 1e-3, "--set", "train.folds=2")


@pytest.fixture
def pts_folder(tmp_path):
    """24 drawings of faces, each with its keypoints."""
    folder = tmp_path / "pts"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(24):
        face = posed_face(
            blank(160, 160), centre=tuple(rng.uniform(70, 90, 2)), size=rng.uniform(45, 60),
            yaw=rng.uniform(-15, 15), roll=rng.uniform(-15, 15),
        )  # fmt: skip
        Image.fromarray(draw_faces(face.picture, [face])).save(folder / f"{number}.png")
        (folder / f"{number}.pts").write_text(format_pts(face.keypoints))
    return folder


@pytest.fixture
def predicted_folder(place, tmp_path):
    """The astronaut, with the keypoints that the package's network gives it."""
    folder = tmp_path / "predicted"
    folder.mkdir()
    Image.fromarray(read_picture("astronaut")).save(folder / "astronaut.png")
    picture = folder / "astronaut.png"
    assert place("photo", picture, "--coco", "--output", folder / "labels")[0] == 0
    return folder


@pytest.mark.slow
def test_a_network_is_trained_and_evaluated_on_68_points(place, pts_folder, predicted_folder):
    sets = ("--train-on", pts_folder, predicted_folder)
    code, _, err = place("--stage", "train,evaluate,report", *TRAIN, *sets)
    assert code == 0
    assert err.count("13 faces to train on, 12 to validate") == 2  # no member holds out the other
    assert "out-of-fold NME of 24 faces" in err
    (run,) = runs_in(place.runs)
    assert run.scheme == IBUG68 and run.shape.keypoints == 68 and run.shape.heads == 2
    assert (run.shape.height, run.shape.width) == (112, 112)
    (folder,) = place.runs.glob("evaluation-*")
    table = pd.read_csv(folder / "nme.csv").set_index("region")
    assert set(table.index) == {"all", *IBUG68.groups} and table.loc["all", "mean"] < 0.5
    record = json.loads((folder / "evaluation.json").read_text())
    assert record["members"] == {run.name: 2}
    assert (folder / "error_curve.png").exists()
    page = ParsedPage((run.folder / "report.html").read_text())
    require_sound(page)
    assert {"curve-0", "nme-by-region", "error-curve", "error-map"} <= set(page.ids)
    assert f"NME {table.loc['all', 'mean']:.2%}" in page.text and "Worst faces" in page.text


@pytest.mark.slow
def test_a_run_is_scored_on_pictures_that_it_was_not_trained_on(place, pts_folder, tmp_path):
    assert place("--stage", "train", *TRAIN, "--train-on", pts_folder)[0] == 0
    (run,) = runs_in(place.runs)
    other = tmp_path / "other"
    other.mkdir()
    for name in ("3.png", "3.pts", "5.png", "5.pts"):
        (other / name).write_bytes((pts_folder / name).read_bytes())
    arguments = ("--points", 68, "--train-on", pts_folder, "--run", run.name, "--test-on", other)
    code, _, err = place("--stage", "evaluate", *arguments)
    assert code == 0 and "other: NME" in err and "out-of-fold" not in err
    assert len(runs_in(place.runs)[0].members) == 1
    (folder,) = place.runs.glob("evaluation-*")
    table = pd.read_csv(folder / "test_nme.csv").set_index("set")
    assert table.loc["other", "faces"] == 2 and 0 < table.loc["other", "mean"] < 0.5
    assert (folder / "test_error_curve.png").exists()
    assert place("report", "--points", 68, "--train-on", pts_folder)[0] == 0
    page = ParsedPage((run.folder / "report.html").read_text())
    command = f"--points 68 --train-on {pts_folder} --run {run.name}"
    assert "kaggle-fkd evaluate" in page.text and command in page.text


def test_faces_of_test_sets_are_not_written_as_coco(place, pts_folder):
    sets = ("--train-on", pts_folder, "--test-on", pts_folder)
    code, _, err = place("evaluate", "--points", 68, *sets, "--coco")
    assert code == 2 and "--coco writes faces that were held out" in err


@pytest.mark.parametrize("points", [15, "eyes"])
def test_test_sets_are_for_keypoints_of_photographs(place, pts_folder, points):
    code, _, err = place("evaluate", "--points", points, "--test-on", pts_folder)
    assert code == 2 and "--test-on is for" in err


@pytest.mark.slow
def test_the_size_of_the_chips_is_the_networks(place, pts_folder):
    arguments = ("--train-on", pts_folder, "--set", "chips.size=48")
    assert place("--stage", "train", *TRAIN, *arguments)[0] == 0
    (run,) = runs_in(place.runs)
    assert (run.shape.height, run.shape.width) == (48, 48)
    assert place("evaluate", "--points", 68, "--train-on", pts_folder)[0] == 0
    (run,) = runs_in(place.runs)  # the newest one, whatever its chips; no other was trained
    assert len(run.members) == 2
    (run.folder / "member-01" / "summary.json").unlink()
    assert place("train", "--points", 68, "--train-on", pts_folder, "--resume")[0] == 0
    (again,) = runs_in(place.runs)
    assert again.folder == run.folder and len(again.members) == 2
    others = ("--train-on", pts_folder, "--set", "chips.size=64")
    assert place("--stage", "train", *TRAIN, *others)[0] == 0
    names = ",".join(each.name for each in runs_in(place.runs))
    code, _, err = place("evaluate", "--points", 68, "--train-on", pts_folder, "--run", names)
    assert code == 2 and "have different settings of chips" in err
    assert sum(len(each.members) for each in runs_in(place.runs)) == 3


def test_chips_too_small_for_a_network_leave_no_run(place, pts_folder):
    arguments = ("--points", 68, "--model", "fiveconv", "--train-on", pts_folder)
    code, _, err = place("--stage", "train", *arguments, "--set", "chips.size=48")
    assert code == 2 and "chips.size" in err and not runs_in(place.runs)


def test_too_few_persons_are_called_persons(place, pts_folder):
    code, _, err = place(
        "--stage", "train", *TRAIN, "--train-on", pts_folder, "--set", "train.folds=20"
    )
    assert code == 1 and "24 different training persons" in err


def test_a_file_in_place_of_the_data_folder_is_named(place):
    place.data.rmdir()
    place.data.touch()
    code, _, err = place("--stage", "download", "--points", 68)
    assert code == 2 and str(place.data) in err and "unexpected" not in err


def test_sets_that_are_there_are_not_downloaded(place, pts_folder):
    code, _, err = place("--stage", "download", "--points", 68, "--train-on", pts_folder)
    assert code == 0 and "nothing to download" in err


def test_udacitys_archive_is_fetched_from_the_address_that_is_named(place):
    nowhere = "http://127.0.0.1:9/train-test-data.zip"
    code, _, err = place("--stage", "download", "--points", 68, "--url", nowhere)
    assert code == 1 and nowhere in err
    assert not list(place.data.glob("**/*.zip"))


def test_without_any_set_the_remedy_is_the_download(place):
    code, _, err = place("--stage", "train", *TRAIN)
    assert code == 1 and "youtube68" in err and "download" in err


@pytest.mark.parametrize("stage", ["eda", "predict", "submit"])
def test_the_stages_of_the_competition_have_no_68_points(place, stage):
    code, _, err = place("--stage", stage, "--points", 68)
    assert code == 2 and "--points is an option of" in err and f"not of {stage}" in err
