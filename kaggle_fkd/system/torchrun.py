"""What torchrun tells a process that it has started. Importing this does not import torch."""

import os


def started_by_torchrun() -> bool:
    """True if this is one of several processes of torchrun.

    Launchers of clusters may set WORLD_SIZE alone.
    """
    told = {"RANK", "LOCAL_RANK"} <= os.environ.keys()
    return told and os.environ.get("WORLD_SIZE", "1") != "1"


def rank_of_process() -> int:
    """The number of this process among all of torchrun's; 0 without it."""
    return int(os.environ["RANK"]) if started_by_torchrun() else 0


def local_rank() -> int:
    """The number of this process among torchrun's on this machine; 0 without it."""
    return int(os.environ["LOCAL_RANK"]) if started_by_torchrun() else 0
