"""tools/label_pictures.py: photographs that networks label can be trained on."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kaggle_fkd.annotated.load import load_annotated
from kaggle_fkd.imaging.picture import read_picture
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.photo.finder import FaceKeypoints

TOOL = Path(__file__).resolve().parents[2] / "tools" / "label_pictures.py"


@pytest.mark.slow
def test_large_clear_faces_are_labelled_and_their_pictures_copied(tmp_path):
    astronaut = read_picture("astronaut")
    photographs = {
        "face.png": astronaut,
        "tiny.png": astronaut[::4, ::4],
        "nobody.png": np.full((100, 100, 3), 90, np.uint8),
    }
    (tmp_path / "photographs").mkdir()
    for name, picture in photographs.items():
        Image.fromarray(picture).save(tmp_path / "photographs" / name)
    (tmp_path / "photographs/damaged.png").write_bytes(b"no picture")
    command = [sys.executable, TOOL, tmp_path / "photographs", "--out", tmp_path / "labelled"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "1 of 4 inputs failed" in done.stderr

    written = {path.name for path in (tmp_path / "labelled").iterdir()}
    assert written == {"coco.json", "face.png"}
    (annotation,) = json.loads((tmp_path / "labelled/coco.json").read_text())["annotations"]
    (face,) = FaceKeypoints(mirror=True).detect("astronaut")
    labelled = np.reshape(annotation["keypoints"], (68, 3))[:, :2] - 0.5
    np.testing.assert_allclose(labelled, face.keypoints, atol=0.01)
    faces = load_annotated([tmp_path / "labelled"], IBUG68, 112, 0)
    assert faces.predicted is not None and faces.predicted.all()
