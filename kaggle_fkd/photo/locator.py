"""Networks that look at chips: the shipped one, and those of a user's own runs."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from kaggle_fkd.errors import RunError
from kaggle_fkd.keypoints import IBUG68, SCHEMES, KeypointScheme
from kaggle_fkd.networks import build_network
from kaggle_fkd.networks.deploy import deployed
from kaggle_fkd.networks.grid import GridNet
from kaggle_fkd.networks.network import KeypointNetwork, NetworkShape, standardised
from kaggle_fkd.networks.trunk import EIGHTH
from kaggle_fkd.photo.chips import (
    cut_chip,
    invert,
    similarity,
    similarity_of_box,
    transform_points,
)
from kaggle_fkd.runs.run import Run

SHIPPED = Path(__file__).resolve().parents[1] / "weights" / "points68.safetensors"
"""The network that comes with the package: 68 points, float16, as MODEL_CARD.md describes."""
BATCH = 64
"""Chips per forward pass."""
EVIDENCE = 2 * EIGHTH
"""Numbers that the confidence is computed from: mean and maximum of the trunk's features."""
PREFIX = "network."
"""Of the network's own tensors in the shipped file, beside those of the confidence."""


class Locator:
    """Trained networks of one kind, the mean of which gives the keypoints of chips."""

    def __init__(
        self, networks: Sequence[KeypointNetwork], scheme: KeypointScheme, device: torch.device
    ) -> None:
        self.scheme, self.device = scheme, device
        self.networks = [deployed(network, device) for network in networks]
        self.size = networks[0].shape.width
        """Pixels a side of the chips."""
        self.mean_face: NDArray[np.float64] = networks[0].mean_face[0].double().cpu().numpy()
        """K x 2, where faces have their keypoints in a chip, on average."""

    @classmethod
    def of_run(cls, run: Run, device: torch.device) -> "Locator":
        """The networks of a finished run; RunError when they cannot look at chips.

        Of several label conventions the first, the richest, speaks.
        """
        first = run.scheme.conventions[0].name
        if run.config.train.only not in ("", first):
            raise RunError(
                f"{run.folder}: trained for convention {run.config.train.only} alone",
                f"name a run for convention {first} or for all",
            )
        if run.shape.width != run.shape.height:
            raise RunError(f"{run.folder}: not trained on square pictures", "name another run")
        members = run.require_finished().members
        return cls([member.load_network(device) for member in members], run.scheme, device)

    def locate(
        self, greys: Sequence[NDArray[np.uint8]], maps: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """N x K x 2 keypoints in N grey pictures, each seen through its 2 x 3 map to a chip."""
        return self._look(greys, maps)[0]

    def chip(self, grey: NDArray[np.uint8], keypoints: NDArray[np.floating]) -> NDArray[np.uint8]:
        """size x size, the face with these K x 2 keypoints as the networks look at it: upright."""
        return cut_chip(grey, similarity(keypoints, self.mean_face), self.size)

    @torch.inference_mode()
    def _look(
        self, greys: Sequence[NDArray[np.uint8]], maps: NDArray[np.floating]
    ) -> tuple[NDArray[np.float64], Tensor]:
        """N x K x 2 keypoints in the pictures, and what else the networks tell of each chip."""
        pairs = zip(greys, maps, strict=True)
        chips = torch.from_numpy(np.stack([cut_chip(grey, m, self.size) for grey, m in pairs]))
        parts = [self._read(batch) for batch in chips.to(self.device).split(BATCH)]
        keypoints, more = (torch.cat(part).cpu() for part in zip(*parts, strict=True))
        return transform_points(invert(maps), keypoints.double().numpy()), more

    def _read(self, chips: Tensor) -> tuple[Tensor, Tensor]:
        """N x K x 2 keypoints in pixels of N chips, and N x E of anything else."""
        mean = torch.stack([network(chips)[:, 0] for network in self.networks]).mean(dim=0)
        return mean, mean.new_empty(len(mean), 0)


class ShippedLocator(Locator):
    """The network that comes with the package, which also says how sure it is of a face."""

    def __init__(self, network: GridNet, judge: nn.Linear, device: torch.device) -> None:
        super().__init__([network], IBUG68, device)
        self.grid, self.judge = network, judge

    @classmethod
    def load(cls, device: torch.device, path: Path = SHIPPED) -> "ShippedLocator":
        """From the file that comes with the package; raises as `read_shipped` does."""
        return cls(*read_shipped(path), device)

    def find(
        self, greys: Sequence[NDArray[np.uint8]], boxes: NDArray[np.floating]
    ) -> tuple[NDArray[np.float64], Tensor]:
        """N x 68 x 2 keypoints of the faces in N boxes of N grey pictures, and the evidence.

        That is N x EVIDENCE numbers, for `confidence`.
        Each face is looked at twice: as its box shows it, and then upright and at its true size,
        as the first look shows it. So neither the tightness of a detector's boxes nor a tilted
        head matters much.
        """
        first = np.stack([similarity_of_box(box, self.mean_face) for box in boxes])
        return self._look(greys, similarity(self.locate(greys, first), self.mean_face))

    @torch.inference_mode()
    def confidence(self, evidence: Tensor) -> NDArray[np.float64]:
        """N, 0..1, how sure it is that what `find` looked at are faces."""
        return np.asarray(self.judge(evidence)[:, 0].sigmoid().double().numpy())

    def _read(self, chips: Tensor) -> tuple[Tensor, Tensor]:
        features = self.grid.trunk(standardised(chips))
        evidence = torch.cat([features.mean((2, 3)), features.amax((2, 3))], dim=1)
        return self.grid.read(features)[:, 0], evidence


def read_shipped(path: Path) -> tuple[GridNet, nn.Linear]:
    """The network and the judge of its features in a file that `pack_shipped` made.

    Raises RunError for a file that is missing, damaged or of another kind.
    """
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        network = build_network(about["model"], NetworkShape(**json.loads(about["shape"])))
        own = {n.removeprefix(PREFIX): t for n, t in tensors.items() if n.startswith(PREFIX)}
        network.load_state_dict(own)
        judge = nn.Linear(tensors["judge.weight"].shape[1], 1)
        judge.load_state_dict({"weight": tensors["judge.weight"], "bias": tensors["judge.bias"]})
    except (OSError, SafetensorError, RuntimeError, KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"{path}: no network for photographs ({error})", "install the package again"
        ) from error
    if not isinstance(network, GridNet) or SCHEMES[about["scheme"]] is not IBUG68:
        raise RunError(f"{path}: no gridnet of 68 points", "install the package again")
    return network, judge


def pack_shipped(network: GridNet, model: str, judge: nn.Linear) -> bytes:
    """The contents of the file that `read_shipped` reads, the weights as float16.

    The network must not be `deployed` yet.
    """
    tensors = {f"{PREFIX}{name}": tensor for name, tensor in network.state_dict().items()}
    tensors |= {f"judge.{name}": tensor for name, tensor in judge.state_dict().items()}
    halves = {
        name: tensor.half().contiguous() if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
    }
    shape = json.dumps(asdict(network.shape))
    return save(halves, {"model": model, "shape": shape, "scheme": IBUG68.name})
