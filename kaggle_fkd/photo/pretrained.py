"""`PretrainedNetworks`: the networks that come with the package, and the file that holds them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn

from kaggle_fkd.errors import RunError
from kaggle_fkd.networks import build_network
from kaggle_fkd.networks.grid import GridNet
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.networks.trunk import EIGHTH

PRETRAINED_FILE = Path(__file__).resolve().parents[1] / "weights" / "points68.safetensors"
"""The file that comes with the package: iBUG's points, float16, as MODEL_CARD.md describes."""
FACE_FEATURES = 2 * EIGHTH
"""Length of the face features: mean and maximum of each of the fine trunk's feature maps."""
COARSE, FINE = "gridnet_xs", "gridnet_s"
"""Names of the networks, in the order in which they are applied."""


class PretrainedNetworks(nn.Module):
    """The networks in the package's weights file."""

    def __init__(self, coarse: NetworkShape, fine: NetworkShape) -> None:
        super().__init__()
        self.coarse = cast(GridNet, build_network(COARSE, coarse))
        """Takes the crop of the box."""
        self.fine = cast(GridNet, build_network(FINE, fine))
        """Takes the face, aligned by the coarse keypoints."""
        self.face_classifier = nn.Linear(FACE_FEATURES, 1)
        """From the face features to the logit that they are those of a face."""


def read_pretrained(path: Path = PRETRAINED_FILE) -> PretrainedNetworks:
    """The networks in a file that `pack_pretrained` made.

    Raises RunError for a file that is missing, damaged, or not a file of these networks.
    """
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            weights = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
        shapes = [NetworkShape(**json.loads(about[name])) for name in ("coarse", "fine")]
        # Building draws random weights, which are overwritten: the caller's generator is untouched.
        with torch.random.fork_rng(devices=[]):
            pretrained = PretrainedNetworks(*shapes)
        pretrained.load_state_dict(weights)
    except (OSError, SafetensorError, RuntimeError, KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"{path}: not a readable file of the pretrained networks ({error})",
            "install the package again",
        ) from error
    return pretrained


def pack_pretrained(pretrained: PretrainedNetworks) -> bytes:
    """The contents of the file that `read_pretrained` reads, with the weights as float16."""
    halves = {
        name: tensor.half().contiguous() if tensor.is_floating_point() else tensor
        for name, tensor in pretrained.state_dict().items()
    }
    shapes = {
        name: json.dumps(asdict(getattr(pretrained, name).shape)) for name in ("coarse", "fine")
    }
    return save(halves, shapes)
