"""The files of the pretrained networks: small, described, and named when they are damaged."""

import pytest

from kaggle_fkd.errors import RunError
from kaggle_fkd.inference.detector import OnnxDetector
from kaggle_fkd.inference.keypoints import OnnxKeypoints
from kaggle_fkd.inference.pretrained import DETECTOR, POINTS68, WEIGHTS
from kaggle_fkd.keypoints import EYES, IBUG68


def test_all_files_together_are_small():
    assert sum(file.stat().st_size for file in WEIGHTS.glob("*.onnx")) <= 5_500_000


@pytest.mark.parametrize(
    ("path", "kind", "scheme"), [(POINTS68, OnnxKeypoints, IBUG68), (DETECTOR, OnnxDetector, EYES)]
)
def test_a_file_says_what_it_is_and_where_it_comes_from(path, kind, scheme):
    metadata = kind(path).metadata
    assert metadata.scheme == scheme
    assert {"network", "commit", "version", "licence"} <= metadata.origin.keys()
    assert "MODEL_CARD" in metadata.origin["licence"]


def test_a_damaged_file_and_one_for_another_task_are_named(tmp_path):
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(POINTS68.read_bytes()[:1000])
    empty = tmp_path / "empty.onnx"
    empty.touch()
    for path, kind, problem in [
        (empty, OnnxDetector, r"empty\.onnx: not a network"),
        (broken, OnnxKeypoints, r"broken\.onnx: not a network"),
        (tmp_path / "gone.onnx", OnnxKeypoints, r"gone\.onnx: cannot be read"),
        (DETECTOR, OnnxKeypoints, r"detector\.onnx: exported for faces, not for keypoints"),
    ]:
        with pytest.raises(RunError, match=problem):
            kind(path)
