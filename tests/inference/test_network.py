"""Exported networks: files that are opened, but cannot be computed."""

import json

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from kaggle_fkd.errors import RunError
from kaggle_fkd.inference.detector import OnnxDetector
from kaggle_fkd.inference.keypoints import OnnxKeypoints
from kaggle_fkd.inference.pretrained import DETECTOR, POINTS68

PICTURES = np.zeros((1, 64, 64), np.uint8)


def test_a_file_with_other_inputs_or_outputs_is_named(tmp_path):
    for change in (more_inputs, no_outputs):
        model = onnx.load(DETECTOR)
        change(model.graph)
        onnx.save(model, tmp_path / "other.onnx")
        network = OnnxDetector(tmp_path / "other.onnx")
        with pytest.raises(
            RunError, match=r"other\.onnx: cannot be computed .* -> export it again"
        ):
            network.search(PICTURES)


def test_mean_keypoints_of_another_scheme_are_named(tmp_path):
    model = onnx.load(POINTS68)
    (entry,) = [each for each in model.metadata_props if each.key == "mean_keypoints"]
    unknown = json.dumps((np.array(json.loads(entry.value)) * np.nan).tolist())
    for means in ("7.0", "[]", "[[1.0, 2.0]]", unknown):
        entry.value = means
        onnx.save(model, tmp_path / "other.onnx")
        with pytest.raises(RunError, match=r"other\.onnx: not a network .*its mean keypoints"):
            OnnxKeypoints(tmp_path / "other.onnx")


def more_inputs(graph):
    graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, [1]))


def no_outputs(graph):
    graph.output.remove(next(each for each in graph.output if each.name == "proposals"))
