"""From a torch module to an ONNX model: exported, and stored with less precise weights."""

import io
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from kaggle_fkd.system.warning_filters import warnings_filtered

OPSET = 20
LARGE = 1024
"""Arrays with fewer numbers are not worth storing in half precision."""


def export(
    module: nn.Module, inputs: Mapping[str, Tensor], outputs: Sequence[str],
    dynamic: Mapping[str, Mapping[int, Any]],
) -> onnx.ModelProto:  # fmt: skip
    """The ONNX model of a module in evaluation mode.

    `inputs` are examples by name, in the order of the module's arguments, and `dynamic` the axes
    of each whose length is free, as `torch.export.Dim`s. The examples should be longer than 1
    there, which torch takes for a fixed length.
    """
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            module, tuple(inputs.values()), dynamo=True, verbose=False, opset_version=OPSET,
            input_names=list(inputs), output_names=list(outputs), external_data=False,
            dynamic_shapes=tuple(dict(dynamic[name]) for name in inputs),
        )  # fmt: skip
    content = io.BytesIO()
    assert program is not None
    program.save(content)  # type: ignore[arg-type]
    model = onnx.load_from_string(content.getvalue())
    for node in model.graph.node:
        node.ClearField("metadata_props")  # where each operation is in the source code
        node.ClearField("doc_string")
    return model


def with_metadata(model: onnx.ModelProto, metadata: Mapping[str, str]) -> onnx.ModelProto:
    """A copy of the model with these metadata alone."""
    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    copied.ClearField("metadata_props")
    helper.set_model_props(copied, dict(metadata))
    return copied


def in_half_precision(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose large arrays are stored as fp16; it computes with them in fp32."""
    copied = onnx.ModelProto()
    copied.CopyFrom(model)
    graph, casts = copied.graph, []
    for array in graph.initializer:
        numbers = numpy_helper.to_array(array)
        if array.data_type == TensorProto.FLOAT and numbers.size >= LARGE:
            name = array.name
            half = numpy_helper.from_array(numbers.astype(np.float16), f"{name}.half")
            array.CopyFrom(half)
            casts.append(helper.make_node("Cast", [half.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    graph.ClearField("node")
    graph.node.extend(nodes)
    return copied


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter says of libraries that are not installed, and of its own code.

    onnxscript 0.5 prints on stdout, where the stage's result belongs.
    """
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings_filtered("ignore"), redirect_stdout(io.StringIO()):
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
