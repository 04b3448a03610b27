"""Trunks that start from those of another network instead of random weights.

Whatever network they come from, batch normalisation measures the new faces first: a network in
training then computes what the other one computed.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from kaggle_fkd.config import TrainConfig
from kaggle_fkd.errors import RunError, UsageError
from kaggle_fkd.inference.pretrained import POINTS68
from kaggle_fkd.networks.grid import GridNet
from kaggle_fkd.networks.network import evaluating
from kaggle_fkd.runs.find import find_run
from kaggle_fkd.runs.member import Member
from kaggle_fkd.system.extras import require_modules
from kaggle_fkd.system.files import atomic_path
from kaggle_fkd.system.reading import read_file
from kaggle_fkd.system.receipts import files_are_as_written, write_receipt
from kaggle_fkd.training.data import TrainingData, same_data
from kaggle_fkd.training.objective import Objective

PACKAGE = "points68"
"""The name of the package's network for keypoints."""
MEASURED = 256
"""Training faces on which batch normalisation is measured."""
CONVOLUTION = re.compile(r"networks\.0\.trunk\.(?P<layers>.+)\.0\.weight(\.half|_quantized)?")
"""What a file calls the weights of a convolution of the trunk, of 32, 16 or 8 bits."""

Weights = dict[str, Tensor]
"""The tensors of a trunk, by their names in its module."""


def check_start(source: str, runs_dir: Path) -> None:
    """UsageError for a setting of `train.start_from` that names nothing."""
    if source in ("", PACKAGE):
        return
    try:
        find_run(runs_dir, source)
    except RunError as error:
        raise UsageError(
            f"train.start_from={source}: {error.problem}", f"use {PACKAGE}, or a run"
        ) from error


def weights_to_start_from(source: str, runs_dir: Path, data: TrainingData) -> Weights:
    """The trunk of the package's network, or of the first network of a run.

    `source` is `PACKAGE`, or the name or path of a run; `data` are the faces to train on.
    Raises RunError for a run that does not exist or has no trained network, UsageError for one of
    the same faces, or a network without a trunk. A run that shares only some of the faces is not
    recognised.
    """
    if source == PACKAGE:
        return trunk_of_file(POINTS68)
    run = find_run(runs_dir, source).require_members()
    if same_data(run, data):
        raise UsageError(
            f"train.start_from={source}: it was trained on these very faces, also on those that "
            "the new members hold out",
            "name a run of other faces",
        )
    network = run.members[0].load_network(torch.device("cpu"))
    if not isinstance(network, GridNet):
        raise UsageError(
            f"train.start_from={source}: {run.config.train.model} is not a grid network",
            "name a run of one",
        )
    return network.trunk.state_dict()


def load_trunk(network: nn.Module, weights: Weights, config: TrainConfig) -> GridNet:
    """The network with these weights in its trunk; UsageError if they do not fit."""
    try:
        if isinstance(network, GridNet):
            network.trunk.load_state_dict(weights)
            return network
    except RuntimeError:  # other sizes
        pass
    raise UsageError(
        f"train.start_from={config.start_from}: its trunk is not that of {config.model}",
        "use the same grid network for both (train.model)",
    )


def store_weights(member: Member, weights: Weights) -> None:
    """Keep them in the member's run, for all of its members."""
    content = save({name: tensor.contiguous() for name, tensor in weights.items()})
    with atomic_path(member.start_file) as temporary:
        temporary.write_bytes(content)
    write_receipt(_receipt_of(member), {}, [member.start_file])


def start_from_stored_weights(
    network: nn.Module, member: Member, objective: Objective[Any], device: torch.device
) -> None:
    """Load what `store_weights` has kept, and measure the training faces.

    Raises RunError if that cannot be read, or was changed.
    """
    try:
        if not files_are_as_written(_receipt_of(member)):
            raise ValueError("its sha256 is not the recorded one")
        weights = load(read_file(member.start_file))
    except (OSError, ValueError, SafetensorError) as error:
        raise RunError(
            f"{member.start_file}: cannot be read ({error})", "start a new run"
        ) from error
    trained = load_trunk(network, weights, member.config.train)
    measure_normalisation(trained, objective, device)


def _receipt_of(member: Member) -> Path:
    return member.start_file.with_suffix(".json")


def measure_normalisation(
    network: GridNet, objective: Objective[Any], device: torch.device
) -> None:
    """Set batch normalisation in the trunk to the training faces; it computes the same as before.

    Its running statistics become those of augmented training faces, and its scales and shifts
    make up for that.
    """
    statistics: dict[nn.BatchNorm2d, tuple[Tensor, Tensor]] = {}

    def measure(layer: nn.Module, inputs: tuple[Tensor]) -> None:
        values = inputs[0].transpose(0, 1).flatten(1)
        mean, variance = values.mean(dim=1), values.var(dim=1, correction=0)
        statistics[cast(nn.BatchNorm2d, layer)] = mean, variance

    layers = [each for each in network.trunk.modules() if isinstance(each, nn.BatchNorm2d)]
    hooks = [layer.register_forward_pre_hook(measure) for layer in layers]
    generator = torch.Generator().manual_seed(0)
    faces = torch.randperm(objective.examples, generator=generator)[:MEASURED]
    with evaluating(network), torch.no_grad():
        objective.loss(network, faces.to(device), generator)
        for layer, (mean, variance) in statistics.items():
            old = layer.state_dict()
            factor = old["weight"] / (old["running_var"] + layer.eps).sqrt()
            new = {
                "weight": factor * (variance + layer.eps).sqrt(),
                "bias": old["bias"] + factor * (mean - old["running_mean"]),
                "running_mean": mean, "running_var": variance,
            }  # fmt: skip
            layer.load_state_dict(old | new)
    for hook in hooks:
        hook.remove()


def trunk_of_file(path: Path) -> Weights:
    """The trunk of an exported grid network, whose normalisation is part of its convolutions."""
    require_modules(["onnx"], f"train.start_from={PACKAGE}")
    import onnx
    from onnx import numpy_helper

    model = onnx.load(path)
    arrays = {array.name: numpy_helper.to_array(array) for array in model.graph.initializer}
    weights: Weights = {}
    for found in filter(None, map(CONVOLUTION.fullmatch, arrays)):
        layers = found["layers"]
        name = f"networks.0.trunk.{layers}.0"
        shift = torch.from_numpy(_floats(arrays, f"{name}.bias"))
        weights[f"{layers}.0.weight"] = torch.from_numpy(_floats(arrays, f"{name}.weight"))
        normalisation = {
            "weight": torch.ones_like(shift), "bias": shift,
            "running_mean": torch.zeros_like(shift), "running_var": torch.ones_like(shift),
            "num_batches_tracked": torch.tensor(0),
        }  # fmt: skip
        weights |= {f"{layers}.1.{key}": tensor for key, tensor in normalisation.items()}
    return weights


def _floats(arrays: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.float32]:
    """The array of that name, also if it is stored with 16 bits, or in whole steps by channel."""
    for stored in (name, f"{name}.half"):
        if stored in arrays:
            return np.array(arrays[stored], np.float32)
    whole = arrays[f"{name}_quantized"].astype(np.float32)
    scales = (f"{name}_scale", f"{name}_quantized_scale")  # of weights, of biases
    steps = next(arrays[scale] for scale in scales if scale in arrays)
    return np.asarray(whole * steps.reshape(-1, *[1] * (whole.ndim - 1)), np.float32)
