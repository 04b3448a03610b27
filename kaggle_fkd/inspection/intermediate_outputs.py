"""`IntermediateOutputs`: what figures show of the tensors inside of an exported network."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:  # it takes 0.3 s to import
    from onnx import GraphProto

FIRST = "networks.0."
"""What the names of an ensemble's first network begin with in an exported file."""
CONVOLUTIONS = ("Conv", "ConvTranspose")


class Convolution(NamedTuple):
    """The names of the outputs that show a convolution."""

    filters: str
    """Its kernels."""
    maps: str
    """Its feature maps."""


@dataclass(frozen=True)
class IntermediateOutputs:
    """The intermediate outputs of a file's network, or of the first of several."""

    convolutions: Mapping[str, Convolution]
    """The convolutions by their name in the network's code, in order of execution."""
    heat_maps: str | None
    """The name of the output that shows heat maps; None for a network that has none."""
    outputs: bytes
    """What makes them outputs, appended to the bytes of the file: ONNX files are Protobuf, in which
    the lists of concatenated messages are concatenated, here those of nodes and of outputs."""

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Those of an exported network, given the bytes of its file."""
        import onnx
        from onnx import TensorProto, helper

        graph = onnx.load_from_string(content).graph
        convolutions = dict(_convolutions(graph))
        softmax = [node.output[0] for node in graph.node if node.op_type == "Softmax"][:1]
        added = onnx.GraphProto()
        for name in (*(end for ends in convolutions.values() for end in ends), *softmax):
            added.node.append(helper.make_node("Identity", [name], [_output_name(name)]))
            kind = helper.make_tensor_type_proto(TensorProto.FLOAT, None)
            added.output.append(helper.make_value_info(_output_name(name), kind))
        return cls(
            {name: Convolution(*map(_output_name, ends)) for name, ends in convolutions.items()},
            _output_name(softmax[0]) if softmax else None,
            onnx.ModelProto(graph=added).SerializeToString(),
        )


def _convolutions(graph: "GraphProto") -> Iterator[tuple[str, tuple[str, str]]]:
    """The name of each convolution as in the network's code, its weight and its output."""
    for node in graph.node:
        if node.op_type in CONVOLUTIONS and node.input[1].startswith(FIRST):
            name = re.sub(r"\.weight.*", "", node.input[1].removeprefix(FIRST))
            yield name, (node.input[1], node.output[0])


def _output_name(name: str) -> str:
    """What the output that gives a tensor is called."""
    return f"inspected.{name}"
