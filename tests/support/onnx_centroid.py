"""An ONNX file in the format of exported keypoint networks, whose answers are known exactly."""

import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper, save

WIDTH, HEIGHT = 56, 40
BOX = (8, 4, 48, 34)
"""x0, y0, x1, y1 of a face in a chip; its centre, deliberately, is not the chip's."""
ERROR = 2.0
"""The expected error of the first keypoint, in pixels of a chip."""
FIXED = (10.0, 20.0)
"""The place of the second keypoint in a chip, whose expected error is its convention's index."""


def write_centroid_network(path: Path, task: str = "keypoints") -> Path:
    """The network's keypoint `bright` is the centroid of the grey values, `fixed` is `FIXED`."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].reshape(2, -1)
    sums = np.stack([columns, rows, np.ones_like(rows)], axis=1).astype(np.float32)
    constants = {
        "flat": np.array([-1, HEIGHT * WIDTH]),
        "sums": sums,
        "x and y": np.array([0, 1]),
        "weight": np.array([2]),
        "error": np.array([[ERROR]], np.float32),
        "fixed": np.array([FIXED], np.float32),
        "as column": np.array([-1, 1]),
        "as keypoints": np.array([-1, 2, 3]),
    }
    faces = "faces"
    nodes = [
        helper.make_node("Cast", ["images"], ["grey"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["grey", "flat"], ["pixels"]),
        helper.make_node("MatMul", ["pixels", "sums"], ["moments"]),
        helper.make_node("Gather", ["moments", "x and y"], ["first moments"], axis=1),
        helper.make_node("Gather", ["moments", "weight"], ["total"], axis=1),
        helper.make_node("Div", ["first moments", "total"], ["centroid"]),
        helper.make_node("Cast", ["convention"], ["index"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["index", "as column"], ["column"]),
        # One row of constants for each face.
        helper.make_node("Sub", ["total", "total"], ["zero"]),
        helper.make_node("Add", ["zero", "error"], ["errors"]),
        helper.make_node("Add", ["zero", "fixed"], ["places"]),
        helper.make_node("Concat", ["centroid", "errors", "places", "column"], ["all"], axis=1),
        helper.make_node("Reshape", ["all", "as keypoints"], ["keypoints"]),
    ]
    graph = helper.make_graph(
        nodes,
        "centroid",
        [
            helper.make_tensor_value_info("images", TensorProto.UINT8, [faces, HEIGHT, WIDTH]),
            helper.make_tensor_value_info("convention", TensorProto.INT64, [faces]),
        ],
        [helper.make_tensor_value_info("keypoints", TensorProto.FLOAT, [faces, 2, 3])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    facts = {
        "task": task,
        "names": json.dumps(["bright", "fixed"]),
        "conventions": json.dumps(["first", "second"]),
        "height": str(HEIGHT),
        "width": str(WIDTH),
        "box": json.dumps(BOX),
    }
    helper.set_model_props(model, facts)
    checker.check_model(model)
    save(model, path)
    return path


def in_picture(box: tuple[float, ...], place: tuple[float, float]) -> tuple[float, float, float]:
    """x, y and scale: a place of the chip in the picture, and the picture's pixels to its pixel.

    Pixel centres have integer coordinates; the box, and the chip's `BOX`, end at pixels' edges.
    """
    scale = np.sqrt(_area(box) / _area(BOX))
    x, y = (
        (box[axis] + box[axis + 2]) / 2
        + (place[axis] + 0.5 - (BOX[axis] + BOX[axis + 2]) / 2) * scale
        - 0.5
        for axis in (0, 1)
    )
    return x, y, scale


def _area(box: tuple[float, ...]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
