"""Packs the first network of a run into an ONNX file of the package, with 8-bit arithmetic.

    python tools/pack_network.py runs/RUN --train-on helen/ lfpw/ youtube68/ \\
        --out kaggle_fkd/weights/points68.onnx

`--train-on` names what the run was trained on: the ranges of the values between the layers are
measured on it. Weights have 7 bits, so that sums do not overflow on processors without instructions
for 8-bit arithmetic (https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html).
Layers on grey values, depthwise ones, and those that give the result, stay in fp32. The names in a
detector's file are short; in others, `train.start_from` finds the trunk by its names. Prints the
size of the file, and its digest.
"""

import argparse
import hashlib
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.annotated.detection.load import load_photographs
from kaggle_fkd.annotated.load import load_annotated
from kaggle_fkd.export.onnx_model import in_half_precision, with_metadata
from kaggle_fkd.export.run_export import export_members
from kaggle_fkd.inference.detector import OnnxDetector
from kaggle_fkd.networks import DETECTORS
from kaggle_fkd.photo.detection.detect import padded, propose, resized
from kaggle_fkd.photo.detection.proposals import cut_chips
from kaggle_fkd.runs.run import Run, open_run
from kaggle_fkd.system.console import run_reporting_errors, set_up
from kaggle_fkd.system.files import atomic_path
from kaggle_fkd.training.augmentation import augment

LICENCE = "see NOTICE and MODEL_CARD.md of kaggle_fkd"
FACES, BATCH = 512, 32
"""Faces on which the ranges are measured, and how many at once."""
PHOTOGRAPHS = 100
"""Photographs on which those of a detector are."""
PRECISE = ".heads."
"""What is in the names of a detector's convolutions that give the result."""

Inputs = dict[str, NDArray[Any]]


class Examples(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    """Inputs of a network, one batch after the other."""

    def __init__(self, batches: Iterator[Inputs]) -> None:
        self.batches = batches

    def get_next(self) -> Inputs | None:
        """The next batch, or None."""
        return next(self.batches, None)


def chips(run: Run, paths: list[Path]) -> Iterator[Inputs]:
    """Faces of the training, moved as in the training."""
    faces = load_annotated(paths, run.scheme, run.shape.width, run.config.chips.margin)
    chosen = faces[np.random.default_rng(0).permutation(len(faces))[:FACES]]
    generator = torch.Generator().manual_seed(0)
    for start in range(0, len(chosen), BATCH):
        part = chosen[start : start + BATCH]
        moved, _, mirrored = augment(
            torch.from_numpy(np.array(part.images)), torch.from_numpy(part.keypoints),
            run.scheme, run.config.augment, generator, part.margin,
        )  # fmt: skip
        images = moved.round().to(torch.uint8).numpy()
        convention = part.convention + len(run.scheme.conventions) * mirrored.numpy()
        yield {"images": images, "convention": convention.astype(np.int64)}


def photographs(network: OnnxDetector, paths: list[Path]) -> Iterator[Inputs]:
    """Photographs as they are searched, and the chips that the first stage proposes."""
    pictures = load_photographs(paths).pictures
    for index in np.random.default_rng(0).permutation(len(pictures))[:PHOTOGRAPHS]:
        grey = pictures[int(index)]
        logits, faces = propose(network, grey)
        if len(faces):
            images, (chips, _) = padded([resized(grey)[0]]), cut_chips(grey, faces)
            yield {"images": images, "chips": chips, "logits": logits}


def precise_layers(model: onnx.ModelProto) -> list[str]:
    """The names of the convolutions that stay in fp32: on single channels, and of the result."""
    sizes = {array.name: array.dims for array in model.graph.initializer}
    return [
        node.name
        for node in model.graph.node
        if node.op_type == "Conv" and (sizes[node.input[1]][1] == 1 or PRECISE in node.input[1])
    ]


def shorten_names(graph: onnx.GraphProto) -> None:
    """Leave only inputs and outputs their names: the others fill 7 % of the file."""
    short = {"": ""} | {value.name: value.name for value in (*graph.input, *graph.output)}
    for node in graph.node:
        node.ClearField("name")
        for names in (node.input, node.output):
            names[:] = [short.setdefault(name, f"{len(short):x}") for name in names]
    for array in graph.initializer:
        array.name = short[array.name]


def pack(run: Run, paths: list[Path]) -> bytes:
    """The contents of the file."""
    detects = run.config.train.model in DETECTORS
    with TemporaryDirectory() as folder:
        exact, packed = Path(folder) / "exact.onnx", Path(folder) / "packed.onnx"
        export_members(run, run.require_members().members[:1], exact, may_halve=False)
        model = onnx.load(exact)
        examples = photographs(OnnxDetector(exact), paths) if detects else chips(run, paths)
        quantize_static(
            exact, packed, Examples(examples), quant_format=QuantFormat.QDQ, per_channel=True,
            reduce_range=True, extra_options={"CalibMovingAverage": True},
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
            op_types_to_quantize=["Conv"], nodes_to_exclude=precise_layers(model),
        )  # fmt: skip
        about = {prop.key: prop.value for prop in model.metadata_props} | {"licence": LICENCE}
        model = with_metadata(onnx.load(packed), about)
        model.graph.ClearField("value_info")  # the shapes between the layers, which are known
        model = in_half_precision(model)
        if detects:
            shorten_names(model.graph)
        return bytes(model.SerializeToString())


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--train-on", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    set_up(quiet=False)
    logging.getLogger().setLevel(logging.ERROR)  # the quantisation warns of what is done here
    content = pack(open_run(options.run), options.train_on)
    with atomic_path(options.out) as temporary:
        temporary.write_bytes(content)
    print(
        f"{options.out}: {len(content) / 1e6:.2f} MB, sha256 {hashlib.sha256(content).hexdigest()}"
    )


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))
