"""The registry of networks.

A new network is a subclass of `KeypointNetwork` and one line in `NETWORKS`. Importing this module
does not import torch.
"""

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kaggle_fkd.errors import UsageError, suggest

if TYPE_CHECKING:
    from kaggle_fkd.networks.network import KeypointNetwork
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
"""The module of this folder and the class of each network, by its name (`train.model`)."""


def check_network_name(name: str) -> None:
    """UsageError, with the closest names, for a name that `build_network` does not know."""
    if name not in NETWORKS:
        raise UsageError(f"unknown network {name!r} (train.model)", suggest(name, NETWORKS))


def build_network(name: str, shape: "NetworkShape") -> "KeypointNetwork":
    """A network with fresh random weights; UsageError for an unknown name."""
    import torch

    check_network_name(name)
    module, _, kind = NETWORKS[name].partition(".")
    network: KeypointNetwork = getattr(importlib.import_module(f"{__name__}.{module}"), kind)(shape)
    # With channels last, every network here is 1.2 to 1.5 times as fast on a CPU.
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
