"""Trained members of a run as one ONNX file, compared with torch itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import nn

from kaggle_fkd.errors import RunError
from kaggle_fkd.export.modules import DetectorModule, KeypointsModule, fused
from kaggle_fkd.export.onnx_model import export, in_half_precision, with_metadata
from kaggle_fkd.inference.metadata import FACES, KEYPOINTS, NetworkMetadata
from kaggle_fkd.inference.network import new_session
from kaggle_fkd.networks import DETECTORS
from kaggle_fkd.networks.detector_shape import CHIP, STRIDES
from kaggle_fkd.runs.member import Member, digest_of
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.files import atomic_path
from kaggle_fkd.system.text import first_line

LICENCE = "the terms of the training data"
"""What users' own networks say of their licence."""
MAX_PARITY = 1e-3
"""Pixels; a file that differs more from torch, on average over the keypoints, is refused."""
MAX_COST = 0.01
"""Pixels, on average over the keypoints, that storing the weights as fp16 may cost."""
COMPARED = 16
"""Images with which a network is traced, and on which its file is compared with torch."""
BLOBS = 8
"""Width in pixels of the random light and dark parts of these images."""

Inputs = dict[str, NDArray[Any]]
"""Arrays by the name of the input."""


@dataclass(frozen=True)
class Exported:
    """An ONNX file that was written."""

    path: Path
    """Where it is."""
    parity: float
    """Mean difference in pixels of its numbers from those of torch, with fp32 weights."""
    half_cost: float
    """The same, with weights stored as fp16; infinite if that was not tried."""
    half: bool
    """Whether they are."""
    networks: int
    """The number of networks whose mean it is."""


def export_run(run: Run, path: Path) -> Exported:
    """Write the mean of all networks of a run, or its first detector; see `export_members`."""
    members = run.require_members().members
    wanted = members[:1] if run.config.train.model in DETECTORS else members
    return export_members(run, wanted, path)


def export_members(
    run: Run, members: Sequence[Member], path: Path, *, may_halve: bool = True
) -> Exported:
    """Write the mean of the members' networks, or the detector of the only one, as one file.

    With `may_halve`, weights are stored as fp16 where that costs at most `MAX_COST`. Raises
    RunError for a network that cannot be exported, or differs from torch.
    """
    networks = [fused(member.load_network(torch.device("cpu"))) for member in members]
    metadata = _metadata(run, members, networks)
    if metadata.task == FACES:
        module: nn.Module = DetectorModule(networks[0])
    else:
        module = KeypointsModule(networks, len(run.scheme.conventions))
    module.eval()
    inputs = _inputs(metadata)
    try:
        model = with_metadata(_export(module, inputs, metadata), metadata.as_strings())
    except (RuntimeError, TypeError, ValueError, NotImplementedError) as error:
        raise RunError(
            f"{run.folder}: the network {run.config.train.model} cannot be exported "
            f"({first_line(str(error))})",
            "use one that torch.onnx.export understands",
        ) from error
    truth = _computed_by_torch(module, inputs)
    if not all(np.isfinite(each).all() for each in truth):
        raise RunError(
            f"{run.folder}: its training diverged: the network gives numbers that are not finite",
            "train again with a lower learning rate (--lr)",
        )
    parity = _difference(model, inputs, truth)
    if not parity <= MAX_PARITY:
        raise RunError(
            f"{run.folder}: the exported network differs from torch by {parity:.2g} pixels",
            "report this, with the versions of torch, onnx and onnxruntime",
        )
    half_cost = np.inf
    if may_halve:
        halved = in_half_precision(model)
        half_cost = _difference(halved, inputs, truth)
    half = half_cost <= MAX_COST
    with atomic_path(path) as temporary:
        temporary.write_bytes((halved if half else model).SerializeToString())
    return Exported(path, parity, half_cost, half, len(members))


def _metadata(run: Run, members: Sequence[Member], networks: Sequence[Any]) -> NetworkMetadata:
    detector = run.config.train.model in DETECTORS
    means = [] if detector else [network.mean_keypoints.numpy() for network in networks]
    trained = [member.summary.get("conventions", ()) for member in members]
    names = [convention.name for convention in run.scheme.conventions]
    origin = {
        "network": run.config.train.model, "members": str(len(members)), "run": run.name,
        "version": str(run.record["version"]), "commit": str(run.record.get("commit") or "unknown"),
        "licence": LICENCE,
    }  # fmt: skip
    return NetworkMetadata(
        task=FACES if detector else KEYPOINTS,
        scheme=run.scheme,
        trained_on=tuple(name for name in names if all(name in each for each in trained)),
        height=run.shape.height,
        width=run.shape.width,
        mean_keypoints=np.mean(means, axis=0)[: run.shape.heads] if means else np.empty((0, 0, 2)),
        mirror=run.config.augment.flip > 0 and not detector,
        weights=digest_of(members),
        origin=origin,
    )


def _inputs(metadata: NetworkMetadata) -> Inputs:
    """What the network is traced with, and compared on: images of random light and dark parts."""
    if metadata.task == FACES:
        chips = _images(CHIP, CHIP)
        return {
            "images": _images(3 * STRIDES[-1], 4 * STRIDES[-1]),
            "chips": chips, "logits": np.zeros(len(chips), np.float32),
        }  # fmt: skip
    images = _images(metadata.height, metadata.width)
    heads = 2 * len(metadata.scheme.conventions)  # for mirrored faces, too
    return {"images": images, "convention": np.arange(len(images)) % heads}


def _export(module: nn.Module, inputs: Inputs, metadata: NetworkMetadata) -> onnx.ModelProto:
    tensors = {name: torch.from_numpy(array) for name, array in inputs.items()}
    if metadata.task == KEYPOINTS:
        faces = torch.export.Dim("faces")
        return export(module, tensors, ["keypoints"], {name: {0: faces} for name in inputs})
    pictures, rows, columns, chips = map(torch.export.Dim, ("pictures", "rows", "columns", "chips"))
    cell = STRIDES[-1]
    dynamic = {
        "images": {0: pictures, 1: cell * rows, 2: cell * columns},
        "chips": {0: chips}, "logits": {0: chips},
    }  # fmt: skip
    return export(module, tensors, ["proposals", "faces"], dynamic)


def _computed_by_torch(module: nn.Module, inputs: Inputs) -> list[NDArray[np.float32]]:
    """The outputs of the module itself, in the order of those of the file."""
    with torch.inference_mode():
        outputs = module(*map(torch.from_numpy, inputs.values()))
    return [each.numpy() for each in (outputs if isinstance(outputs, tuple) else (outputs,))]


def _difference(
    model: onnx.ModelProto, inputs: Inputs, truth: Sequence[NDArray[np.float32]]
) -> float:
    """Mean difference between the numbers that the model gives and the true ones.

    Of the output where it is largest. The numbers are pixels, and logits of faces.
    """
    found = new_session(model.SerializeToString(), "cpu").run(None, inputs)
    pairs = zip(found, truth, strict=True)
    return max(float(np.abs(ours - theirs).mean()) for ours, theirs in pairs)


def _images(height: int, width: int) -> NDArray[np.uint8]:
    """N x height x width, the same at every call."""
    random = np.random.default_rng(0)
    rows, columns = -(-height // BLOBS), -(-width // BLOBS)
    small = random.integers(0, 256, (COMPARED, rows, columns)).astype(np.uint8)
    return np.stack([
        np.asarray(cv2.resize(each, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
        for each in small
    ])  # fmt: skip
