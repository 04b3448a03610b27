"""The export stage, and photographs with what it wrote, as a user calls them."""

import json
from pathlib import Path

import pytest
from support.exported_networks import finished_run

from kaggle_fkd.inference.pretrained import DETECTOR
from kaggle_fkd.keypoints import IBUG68


def test_a_run_is_exported_and_the_file_used_on_a_photograph(place):
    run = finished_run(place.runs, scheme=IBUG68)
    code, out, err = place("export")
    assert code == 0
    path = Path(out.strip())
    assert path == (run.folder / f"{run.name}.onnx").resolve() and path.stat().st_size > 1e6
    assert "1 network" in err and "pixels from those of torch" in err and "fp16" in err
    code, out, err = place("photo", "astronaut", "--run", path, "--json")
    assert code == 0, err
    (record,) = json.loads(out)
    assert len(record["faces"]) == 1 and record["faces"][0]["scheme"] == "ibug68"
    own = place.runs / "own.onnx"
    code, out, _ = place("export", run.name, "--output", own)
    assert code == 0 and own.read_bytes() == path.read_bytes()


def test_an_exported_detector_finds_the_faces(place):
    code, out, err = place("photo", "astronaut", "--run", DETECTOR, "--json")
    assert code == 0, err
    assert len(json.loads(out)[0]["faces"]) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("export",), "there is no trained run"),
        (("export", "yesterday"), "there is no run yesterday"),
        (("export", "a,b"), "several runs were given"),
        (("photo", "astronaut", "--run", "gone.onnx"), "gone.onnx: cannot be read"),
        (("photo", "astronaut", "--run", __file__), "there is no run"),
    ],
)
def test_what_cannot_be_exported_or_read_is_one_line(place, arguments, message):
    code, out, err = place(*arguments)
    assert code != 0 and out == "" and message in err and "Traceback" not in err


def test_an_unfinished_run_is_not_exported(place):
    run = finished_run(place.runs)
    run.member(0).summary_file.unlink()
    code, _, err = place("export", run.name)
    assert code == 1 and "none of its networks has been trained to the end" in err
