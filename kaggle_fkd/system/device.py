"""The device to compute on, prepared once; what of it belongs into a run's record."""

import ctypes
import platform
import sys
from pathlib import Path

import torch

from kaggle_fkd.errors import UsageError


def pick_device(name: str) -> torch.device:
    """The device of that name, as torch spells it; auto takes a GPU where there is one.

    Raises UsageError when the named device is not there.
    """
    counts = {
        "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available()), "cpu": 1,
    }  # fmt: skip
    if name == "auto":
        name = next(device for device, count in counts.items() if count)
    kind, _, number = name.partition(":")
    if (number or "0") not in map(str, range(counts.get(kind, 0))):
        raise UsageError(f"device {name}: not available here", "use auto or cpu")
    if name == "cpu":
        _keep_freed_memory()
    return torch.device(name)


def describe_device(device: torch.device) -> str:
    """What the device is, in words, for the run's record."""
    processor = _processor()
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return f"{processor} GPU (MPS)"
    return f"{processor} CPU, {torch.get_num_threads()} threads"


def _processor() -> str:
    """The CPU's model, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(iter(models), platform.processor() or platform.machine())


def peak_memory_mb() -> float | None:
    """The most memory this process has held so far, in MB; None where the system cannot tell."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6  # Linux counts KiB


def _keep_freed_memory() -> None:
    """Let glibc keep large freed blocks for the next batch instead of returning them.

    A batch's activations (36 MB a layer and more) are otherwise mapped and cleared page by page
    for every batch: that took half the time of an epoch of `cnn` on 2 cores.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        trim_threshold, mmap_threshold = -1, -3  # glibc's M_TRIM_THRESHOLD, M_MMAP_THRESHOLD
        mallopt(mmap_threshold, 1 << 30)
        mallopt(trim_threshold, 2**31 - 1)
