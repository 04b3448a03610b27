"""The device to compute on, and its description for records."""

import ctypes
import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from kaggle_fkd.errors import UsageError
from kaggle_fkd.system.text import count_of
from kaggle_fkd.system.torchrun import local_rank, started_by_torchrun

ARCHITECTURE = re.compile(r"(?P<kind>sm|compute)_(?P<major>\d+)(?P<minor>\d)")
"""What torch is built for: sm_75 is code for 7.5 to 7.9, compute_90 is for all GPUs from 9.0 on."""


def pick_device(name: str) -> torch.device:
    """The device of that name, as torch spells it; auto chooses a GPU if one is available.

    Each process of torchrun gets a GPU of its own.

    Raises UsageError when the named device is not available, or is a GPU for which torch has no
    code (it says then that CUDA is available, and fails at the first operation).
    """
    counts = {
        "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available()), "cpu": 1,
    }  # fmt: skip
    available = [device for device, count in counts.items() if count]
    numbered = [f"{device}:{index}" for device in available for index in range(counts[device])]
    if name == "auto":
        name = available[0]
    if name == "cuda" and started_by_torchrun():
        name = f"cuda:{local_rank()}"
    if name not in (*available, *numbered):
        raise UsageError(f"the device {name} is not available here", "use auto or cpu")
    kind, _, number = name.partition(":")
    if kind == "cuda":
        _require_code_for(int(number or 0))
    return torch.device(name)


def _require_code_for(index: int) -> None:
    """UsageError if this build of torch has no code for the GPU of that number."""
    capability = torch.cuda.get_device_capability(index)
    built_for = torch.cuda.get_arch_list()
    found = [name for name in map(ARCHITECTURE.match, built_for) if name]
    if not found:  # ROCm has other names
        return
    for name in found:
        version = int(name["major"]), int(name["minor"])
        if version <= capability and (name["kind"] == "compute" or version[0] == capability[0]):
            return
    raise UsageError(
        f"the GPU {torch.cuda.get_device_name(index)} has compute capability "
        f"{capability[0]}.{capability[1]}, for which this torch has no code "
        f"({', '.join(built_for)})",
        "use --device cpu, another GPU (on Kaggle: GPU T4 x2), or another build of torch",
    )


@dataclass(frozen=True)
class Place:
    """Where one of several processes computes."""

    device: torch.device
    """Its device."""
    threads: int
    """Its threads on the CPU."""


def places_on(device: torch.device, wanted: int, jobs: int | None) -> list[Place]:
    """Where `wanted` networks are trained, several at the same time, each by a process.

    `jobs` is how many may be; None is one for each GPU, unless the device is one of them, and on
    a CPU up to one for each thread, so that no round is incomplete: two at a time on two cores take
    0.92 of the time of one after the other with two threads (results/README.md). Processes share
    GPUs and threads evenly.
    """
    threads = torch.get_num_threads()
    devices = [device]
    if device.type == "cuda" and device.index is None:
        devices = [torch.device("cuda", index) for index in range(torch.cuda.device_count())]
    if jobs is None and device.type == "cpu":
        jobs = max((n for n in range(1, threads + 1) if wanted % n == 0), default=1)
    count = min(wanted, len(devices) if jobs is None else jobs)
    return [
        Place(devices[index % len(devices)], max(1, threads // count)) for index in range(count)
    ]


def describe_device(device: torch.device) -> str:
    """The device in words, for the record of a run."""
    processor = _processor()
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return f"{processor} GPU (MPS)"
    return f"{processor} CPU, {count_of(torch.get_num_threads(), 'thread')}"


def _processor() -> str:
    """The model of the CPU, if the system reports it, or else its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(iter(models), platform.processor() or platform.machine())


def keep_freed_memory() -> None:
    """Let glibc keep large freed blocks for the next batch instead of returning them.

    A batch's activations (36 MB a layer and more) are otherwise mapped and cleared page by page
    for every batch: that took half the time of an epoch of `cnn` on 2 cores.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl does not have it
    if mallopt is not None:
        trim_threshold, mmap_threshold = -1, -3  # glibc's M_TRIM_THRESHOLD, M_MMAP_THRESHOLD
        mallopt(mmap_threshold, 1 << 30)
        mallopt(trim_threshold, 2**31 - 1)
