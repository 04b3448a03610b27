"""The registry of networks.

A new network is a subclass of `KeypointNetwork` and one line in `NETWORKS`; the meaning of
`train.model` in config.py names it, too. Importing this module does not import torch.
"""

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kaggle_fkd.errors import UsageError, suggest

if TYPE_CHECKING:
    from kaggle_fkd.networks.shape import NetworkShape

NETWORKS: Mapping[str, str] = {
    "cnn": "classic.CNN",
    "fiveconv": "classic.FiveConv",
    "fiveconv_bn": "classic.FiveConvBN",
    "gridnet": "grid.GridNet",
    "gridnet_s": "grid.GridNetS",
    "gridnet_xs": "grid.GridNetXS",
    "heatmapnet": "heatmap.HeatmapNet",
    "lenet": "classic.LeNet",
    "naimishnet": "classic.NaimishNet",
    "plainnet": "plain.PlainNet",
}
"""The module of this folder and the class of each network for keypoints, by its name
(`train.model`)."""
DETECTORS: Mapping[str, str] = {"detector": "detector.DetectorNet"}
"""The same, of the networks that find faces."""


def check_network_name(name: str, known: Mapping[str, str] = NETWORKS) -> None:
    """UsageError, with the closest names, for a name that is not one of the `known` networks."""
    if name not in known and name in {**NETWORKS, **DETECTORS}:
        purpose = "finds faces" if name in DETECTORS else "predicts keypoints"
        raise UsageError(
            f"the network {name} {purpose} (train.model)", f"use one of {', '.join(known)}"
        )
    if name not in known:
        raise UsageError(f"unknown network {name!r} (train.model)", suggest(name, known))


def build_network(name: str, shape: "NetworkShape") -> Any:
    """A network with fresh random weights; UsageError for an unknown name.

    It is a `KeypointNetwork`, or a `DetectorNet` for the names of `DETECTORS`.
    """
    import torch

    known = {**NETWORKS, **DETECTORS}
    check_network_name(name, known)
    module, _, kind = known[name].partition(".")
    network = getattr(importlib.import_module(f"{__name__}.{module}"), kind)(shape)
    # With channels last, every network here is 1.2 to 1.5 times as fast on a CPU.
    return network.to(memory_format=torch.channels_last)


def build_to_load(name: str, shape: "NetworkShape") -> Any:
    """As `build_network`, for weights that are then loaded.

    Building draws random weights, which are overwritten: the caller's generator is left untouched.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        return build_network(name, shape)
