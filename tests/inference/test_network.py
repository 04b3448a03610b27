"""Exported networks: files that are opened, but cannot be computed."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from kaggle_fkd.errors import RunError
from kaggle_fkd.inference.detector import DetectorFile
from kaggle_fkd.inference.pretrained import DETECTOR

PICTURES = np.zeros((1, 64, 64), np.uint8)


def test_a_file_with_other_inputs_or_outputs_is_named(tmp_path):
    for change in (more_inputs, no_outputs):
        model = onnx.load(DETECTOR)
        change(model.graph)
        onnx.save(model, tmp_path / "other.onnx")
        network = DetectorFile(tmp_path / "other.onnx")
        with pytest.raises(
            RunError, match=r"other\.onnx: cannot be computed .* -> export it again"
        ):
            network.search(PICTURES)


def more_inputs(graph):
    graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, [1]))


def no_outputs(graph):
    graph.output.remove(next(each for each in graph.output if each.name == "proposals"))
