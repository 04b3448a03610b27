"""The registry of networks: every module of this folder is one.

A new network is one new file with a subclass of `KeypointNetwork` and `NETWORK = ThatClass`; its
file's name is the name that `--model` takes. Naming them imports no torch.
"""

import importlib
import pkgutil
from typing import TYPE_CHECKING

from kaggle_fkd.errors import UsageError

if TYPE_CHECKING:
    from kaggle_fkd.networks.core.network import KeypointNetwork, NetworkShape


def network_names() -> list[str]:
    """The names that `build_network` knows, in alphabetical order."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)


def check_network_name(name: str) -> None:
    """UsageError for a name that `build_network` does not know."""
    if name not in network_names():
        raise UsageError(f"--model {name}: unknown", f"choose one of {', '.join(network_names())}")


def build_network(name: str, shape: "NetworkShape") -> "KeypointNetwork":
    """A network with fresh random weights; UsageError for an unknown name."""
    import torch

    check_network_name(name)
    module = importlib.import_module(f"{__name__}.{name}")
    network: KeypointNetwork = module.NETWORK(shape)
    # Channels last is the faster layout for every network here, 1.2 to 1.5 times on a CPU.
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
