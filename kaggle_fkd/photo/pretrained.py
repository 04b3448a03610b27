"""Networks that look at chips: the shipped ones, and those of a user's own runs."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from kaggle_fkd.errors import RunError
from kaggle_fkd.imaging.chips import (
    cut_chip,
    invert,
    similarity,
    similarity_of_box,
    transform_points,
)
from kaggle_fkd.keypoints import IBUG68, KeypointScheme
from kaggle_fkd.networks import build_network
from kaggle_fkd.networks.deploy import optimised_for_inference
from kaggle_fkd.networks.grid import GridNet
from kaggle_fkd.networks.network import KeypointNetwork, NetworkShape, standardise
from kaggle_fkd.networks.trunk import EIGHTH
from kaggle_fkd.runs.run import Run

PRETRAINED_FILE = Path(__file__).resolve().parents[1] / "weights" / "points68.safetensors"
"""The networks that come with the package: 68 points, float16, as MODEL_CARD.md describes."""
BATCH = 64
"""Chips per forward pass."""
FACE_FEATURES = 2 * EIGHTH
"""Numbers that the confidence is computed from: mean and maximum of the fine trunk's features."""
COARSE, FINE = "gridnet_xs", "gridnet_s"
"""The networks that come with the package, in the order in which they look at a face."""


class ChipNetworks:
    """Trained networks of one kind, the mean of which gives the keypoints of chips."""

    def __init__(
        self, networks: Sequence[KeypointNetwork], scheme: KeypointScheme, device: torch.device
    ) -> None:
        self.scheme, self.device = scheme, device
        self.networks = [optimised_for_inference(network, device) for network in networks]
        self.size = networks[0].shape.width
        """Pixels a side of the chips."""
        self.mean_shape: NDArray[np.float64] = networks[0].mean_keypoints[0].double().cpu().numpy()
        """K x 2, where faces have their keypoints in a chip, on average."""

    @classmethod
    def from_run(cls, run: Run, device: torch.device) -> "ChipNetworks":
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
        members = run.require_members().members
        return cls([member.load_network(device) for member in members], run.scheme, device)

    def predict(
        self, greys: Sequence[NDArray[np.uint8]], maps: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """N x K x 2 keypoints in N grey pictures, each seen through its 2 x 3 map to a chip."""
        return self._look(greys, maps)[0]

    def chip(self, grey: NDArray[np.uint8], keypoints: NDArray[np.floating]) -> NDArray[np.uint8]:
        """size x size, the face with these K x 2 keypoints as the networks look at it: upright."""
        return cut_chip(grey, similarity(keypoints, self.mean_shape), self.size)

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


class PretrainedNetworks(nn.Module):
    """What the file that comes with the package holds."""

    def __init__(self, coarse: NetworkShape, fine: NetworkShape) -> None:
        super().__init__()
        self.coarse = cast(GridNet, build_network(COARSE, coarse))
        """Looks at what a box shows."""
        self.fine = cast(GridNet, build_network(FINE, fine))
        """Looks at the face that the first has set upright."""
        self.face_classifier = nn.Linear(FACE_FEATURES, 1)
        """EVIDENCE numbers of the fine look to the logit of its being at a face."""


class PretrainedCascade(ChipNetworks):
    """The networks that come with the package, which also say how sure they are of a face."""

    def __init__(self, pretrained: PretrainedNetworks, device: torch.device) -> None:
        super().__init__([pretrained.fine], IBUG68, device)
        self.coarse = ChipNetworks([pretrained.coarse], IBUG68, device)
        self.fine, self.face_classifier = pretrained.fine, pretrained.face_classifier

    def find(
        self, greys: Sequence[NDArray[np.uint8]], boxes: NDArray[np.floating]
    ) -> tuple[NDArray[np.float64], Tensor]:
        """N x 68 x 2 keypoints of the faces in N boxes of N grey pictures, and the evidence.

        That is N x EVIDENCE numbers, for `confidence`.
        A small network looks at what the box shows; a larger one then at the face upright and at
        its true size, as the first look found it. So neither the tightness of a detector's boxes
        nor a tilted head matters much. Such cascades are of Sun et al., "Deep Convolutional
        Network Cascade for Facial Point Detection", CVPR 2013.
        """
        first = np.stack([similarity_of_box(box, self.coarse.mean_shape) for box in boxes])
        return self._look(greys, similarity(self.coarse.predict(greys, first), self.mean_shape))

    @torch.inference_mode()
    def confidence(self, face_features: Tensor) -> NDArray[np.float64]:
        """N, 0..1, how sure it is that what `find` looked at are faces."""
        return np.asarray(self.face_classifier(face_features)[:, 0].sigmoid().double().numpy())

    def _read(self, chips: Tensor) -> tuple[Tensor, Tensor]:
        features = self.fine.trunk(standardise(chips))
        face_features = torch.cat([features.mean((2, 3)), features.amax((2, 3))], dim=1)
        return self.fine.read(features)[:, 0], face_features


def read_pretrained(path: Path = PRETRAINED_FILE) -> PretrainedNetworks:
    """What a file that `pack_pretrained` made holds.

    Raises RunError for a file that is missing, damaged or of another kind.
    """
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            weights = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        pretrained = PretrainedNetworks(
            *(NetworkShape(**json.loads(about[look])) for look in ("coarse", "fine"))
        )
        pretrained.load_state_dict(weights)
    except (OSError, SafetensorError, RuntimeError, KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"{path}: no networks for photographs ({error})", "install the package again"
        ) from error
    return pretrained


def pack_pretrained(pretrained: PretrainedNetworks) -> bytes:
    """The contents of the file that `read_pretrained` reads, the weights as float16.

    The networks must not be `optimised_for_inference` yet.
    """
    halves = {
        name: tensor.half().contiguous() if tensor.is_floating_point() else tensor
        for name, tensor in pretrained.state_dict().items()
    }
    shapes = {
        look: json.dumps(asdict(getattr(pretrained, look).shape)) for look in ("coarse", "fine")
    }
    return save(halves, shapes)
