"""A keypoint scheme of one's own, from its file to keypoints on a photograph."""

import json

import numpy as np
import pandas as pd
import pytest
from support.command_line import Place
from support.five_keypoints import write_five_pictures, write_five_toml

from kaggle_fkd.imaging.picture import read_picture
from kaggle_fkd.keypoints import read_scheme
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.runs.find import runs_in

FACES, FOLDS = 24, 2
TRAINING = ("--model", "lenet", "--epochs", "2", "--set", f"train.folds={FOLDS}",
            "--set", "chips.size=48")  # fmt: skip


@pytest.fixture
def own(place: Place) -> Place:
    """A folder with a scheme's file and pictures that are labelled in it."""
    place.data.mkdir(exist_ok=True)
    write_five_toml(place.data)
    write_five_pictures(place.data / "pictures", FACES)
    return place


def options(own):
    return ("--points", own.data / "five.toml", "--train-on", own.data / "pictures", *TRAINING)


@pytest.mark.slow
def test_a_scheme_of_ones_own_is_trained_evaluated_and_found_on_a_photograph(own):
    scheme = read_scheme(own.data / "five.toml")
    code, _, err = own("train", *options(own))
    assert code == 0 and f"{FACES} annotated faces" in err
    (run,) = runs_in(own.runs)
    assert run.scheme == scheme and run.shape.keypoints == 5 and not run.sample_faces
    assert [member.index for member in run.members] == [0]

    code, _, err = own("evaluate", *options(own))
    assert code == 0 and f"out-of-fold NME of {FACES} faces" in err
    (run,) = runs_in(own.runs)
    assert run.cross_validated and len(run.members) == FOLDS
    evaluation = own.runs / f"evaluation-{run.name}"
    table = pd.read_csv(evaluation / "nme.csv")
    assert set(table["region"]) == {"all", *scheme.groups}
    assert table["mean"].between(0, 0.5).all() and set(table["faces"]) == {FACES}
    oof = pd.read_csv(evaluation / "oof.csv")
    assert list(oof.columns) == ["row", *scheme.predicted_names] and len(oof) == FACES
    assert oof.notna().all(axis=None)

    # The scheme is stored with the run: its file is not needed any more.
    (own.data / "five.toml").unlink()
    code, out, err = own("photo", "astronaut", "--run", run.name, "--json")
    assert code == 0, err
    ((face,),) = (record["faces"] for record in json.loads(out))
    assert face["scheme"] == "five" and tuple(face["names"]) == scheme.names
    left_eye, right_eye, nose, left, right = np.array(face["keypoints"])
    assert right_eye[0] < nose[0] < left_eye[0] and right[0] < left[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left[1], right[1])
    drawn = read_picture(own.runs / "photo" / "astronaut_keypoints.png")
    original = read_picture("astronaut")
    assert drawn.shape == original.shape
    for column, row in np.rint(face["keypoints"]).astype(int):
        near = np.s_[row - 4 : row + 5, column - 4 : column + 5]
        assert (drawn[near] != original[near]).any()

    (found,) = FaceKeypoints(run=run).detect("astronaut")
    assert found.scheme == scheme
    np.testing.assert_allclose(found.keypoints, face["keypoints"], atol=0.1)


def test_a_scheme_that_does_not_fit_the_pictures_is_refused(own):
    path = own.data / "five.toml"
    text = path.read_text().partition("[[contours]]")[0]
    text = text.replace('"mouth_left", "mouth_right"', '"mouth"')
    text = text.replace("mouth_left = [54]\nmouth_right = [48]", "mouth = [48, 54]")
    path.write_text(text)
    assert len(read_scheme(path).names) == 4
    code, out, err = own("train", *options(own))
    assert code == 1 and out == ""
    assert ".pts: n_points is 5, not 4" in err
    assert not own.runs.exists()


def test_a_scheme_that_cannot_be_read_is_refused_before_any_work(own):
    (own.data / "five.toml").write_text("name = 'five'\n")
    code, _, err = own("train", *options(own))
    assert code == 2 and "five.toml: not a keypoint scheme" in err and "names is missing" in err
    code, _, err = own("train", "--points", own.data / "none.toml", *TRAINING)
    assert code == 2 and "none.toml: neither known keypoints nor a file" in err
    assert not own.runs.exists()


def test_a_scheme_without_pictures_says_what_to_give(own):
    code, _, err = own("train", "--points", own.data / "five.toml", *TRAINING)
    assert code == 1 and "no annotated pictures of the scheme five" in err
    assert not own.runs.exists()
