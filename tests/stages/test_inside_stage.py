"""The inside stage on the command line."""

from functools import partial

import numpy as np
import pytest
from PIL import Image

from kaggle_fkd.keypoints import IBUG68, KAGGLE15

FIGURES = {"filters", "features", "heat_maps", "saliency"}


@pytest.fixture
def look_inside(on_pictures):
    return partial(on_pictures, "inside")


def drawn(folder, stem):
    """The kinds of the figures of that name, none of which is blank."""
    figures = {path.stem.removeprefix(f"{stem}_"): path for path in folder.glob(f"{stem}_*.png")}
    for path in figures.values():
        assert np.asarray(Image.open(path).convert("L")).std() > 10
    return set(figures)


@pytest.mark.slow
def test_the_pretrained_network_is_inspected(look_inside, tmp_path):
    code, out, _ = look_inside("--input", "astronaut", "--saliency-of", 36)
    assert code == 0 and out == ""
    assert drawn(tmp_path / "runs" / "inside", "astronaut") == FIGURES


@pytest.mark.slow
def test_a_run_of_the_competition_is_inspected(look_inside, crossed_run, tmp_path):
    name = KAGGLE15.names[0]
    code, _, _ = look_inside(
        "--input", "astronaut", "--run", crossed_run.folder, "--saliency-of", name,
        "--output", tmp_path / "out",
    )  # fmt: skip
    assert code == 0 and drawn(tmp_path / "out", "astronaut") == FIGURES


@pytest.mark.slow
def test_a_picture_without_a_face_is_reported_and_the_others_are_drawn(look_inside, tmp_path):
    Image.new("RGB", (60, 40), "grey").save(tmp_path / "wall.png")
    code, _, err = look_inside("--input", tmp_path / "wall.png", "astronaut")
    problems = [line for line in err if "error:" in line]
    assert code == 1 and len(problems) == 2
    assert "wall.png" in problems[0] and "no face" in problems[0] and "1 of 2" in problems[1]
    assert drawn(tmp_path / "runs" / "inside", "astronaut") == FIGURES


@pytest.mark.parametrize("wanted", ["68", "-1", "elbow"])
def test_an_unknown_keypoint_is_refused_with_the_known_ones(look_inside, tmp_path, wanted):
    code, _, err = look_inside("--input", "astronaut", f"--saliency-of={wanted}")
    assert code == 2 and wanted in err[-1]
    assert all(name in err[-1] for name in IBUG68.names)
    assert not (tmp_path / "runs" / "inside").exists()


def test_a_video_is_not_called_a_damaged_picture(look_inside, tmp_path):
    (tmp_path / "clip.mp4").write_bytes(b"of a camera")
    code, _, err = look_inside("--input", tmp_path / "clip.mp4")
    assert code == 1 and any("clip.mp4: inside does not look into videos" in line for line in err)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "inside: there is no input"),
        (("--input", "astronaut", "--points", 15), "--points is an option of"),
        (("--input", "astronaut", "--run", "none"), "no run none"),
    ],
)
def test_wrong_usage_is_reported_in_one_line(look_inside, arguments, said):
    code, _, err = look_inside(*arguments)
    assert code in (1, 2) and said in err[-1]
    assert sum("error:" in line for line in err) == 1
