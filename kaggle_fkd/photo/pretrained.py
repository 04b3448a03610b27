"""The networks that come with the package, and the files that hold them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from kaggle_fkd.errors import RunError, UsageError
from kaggle_fkd.networks import build_to_load
from kaggle_fkd.networks.shape import NetworkShape

WEIGHTS = Path(__file__).resolve().parents[1] / "weights"
"""The folder of the files, which MODEL_CARD.md describes."""
DETECTOR, POINTS68 = "detector", "points68"
"""Names of the networks: the face detector, and that for iBUG's keypoints of a face."""


@dataclass(frozen=True)
class Pretrained:
    """A network that comes with the package."""

    network: Any
    """As `build_network` gives it."""
    conventions: tuple[str, ...]
    """The label conventions of its keypoints that it was trained on; none for a detector."""


def read_pretrained(name: str, folder: Path = WEIGHTS) -> Pretrained:
    """The network in NAME.safetensors.

    Raises RunError for a file that is missing, damaged, or that `pack_network` did not make.
    """
    path = folder / f"{name}.safetensors"
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            weights = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
        shape = NetworkShape(**json.loads(about["shape"]))
        network = build_to_load(about["model"], shape)
        network.load_state_dict(weights)
        conventions = tuple(json.loads(about["conventions"]))
    except (
        OSError, SafetensorError, RuntimeError, KeyError, TypeError, ValueError, UsageError,
    ) as error:  # fmt: skip
        raise RunError(
            f"{path}: not a readable file of a network ({error})", "install the package again"
        ) from error
    return Pretrained(network, conventions)


def pack_network(
    model: str, network: nn.Module, shape: NetworkShape, conventions: Sequence[str] = ()
) -> bytes:
    """The contents of the file that `read_pretrained` reads, with the weights as float16.

    `model` is the network's name in the registry, `conventions` are those it was trained on.
    """
    halves = {
        name: tensor.half().contiguous() if tensor.is_floating_point() else tensor
        for name, tensor in network.state_dict().items()
    }
    about = {"model": model, "shape": json.dumps(asdict(shape))}
    return save(halves, about | {"conventions": json.dumps([*conventions])})
