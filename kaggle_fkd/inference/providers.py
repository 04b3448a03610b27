"""What onnxruntime computes with: its execution provider, and its threads."""

import os
from functools import cache
from typing import Any

import onnxruntime

from kaggle_fkd.errors import UsageError
from kaggle_fkd.inference.pretrained import DETECTOR
from kaggle_fkd.system.console import log

PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
"""The name of each device, as torch spells it, in onnxruntime's words."""
REMEDY = "use auto or cpu, or install onnxruntime-gpu instead of onnxruntime (for cuda)"
MAX_THREADS = 4
"""The networks are small: further threads wait for each other."""


def execution_providers(device: str) -> list[str | tuple[str, dict[str, Any]]]:
    """What onnxruntime is asked to use for a device: auto, cpu, cuda, or cuda:1.

    auto is a CUDA device if onnxruntime can use one. Raises UsageError for a device that it was not
    built for.
    """
    available = onnxruntime.get_available_providers()
    if device == "auto":
        device = "cuda" if can_use_cuda() else "cpu"
    kind, _, number = device.partition(":")
    provider = PROVIDERS.get(kind, "")
    if provider not in available or (number and not (kind == "cuda" and number.isdecimal())):
        raise UsageError(f"the device {device} is not available to onnxruntime here", REMEDY)
    if number:
        return [(provider, {"device_id": int(number)}), PROVIDERS["cpu"]]
    return list(dict.fromkeys([provider, PROVIDERS["cpu"]]))


def usable_device(device: str) -> str:
    """The device itself if onnxruntime can use it, or else "cpu".

    Torch may have a GPU where onnxruntime, in its usual build, has none.
    """
    try:
        execution_providers(device)
    except UsageError:
        return "cpu"
    return device if device in ("auto", "cpu") or can_use_cuda() else "cpu"


@cache
def can_use_cuda() -> bool:
    """Whether onnxruntime can use a CUDA device, with a warning if it was built for one in vain.

    A driver or a library may be missing: onnxruntime finds out, and says which, when it opens a
    network.
    """
    if PROVIDERS["cuda"] not in onnxruntime.get_available_providers():
        return False
    providers = [PROVIDERS["cuda"], PROVIDERS["cpu"]]
    session = onnxruntime.InferenceSession(DETECTOR, providers=providers)
    if session.get_providers()[0] != PROVIDERS["cuda"]:
        log.warning("onnxruntime was built for CUDA, but cannot use it here; it uses the CPU")
        return False
    return True


def thread_count() -> int:
    """Threads of one network on the CPU: one for each processor that this process may use, up to
    `MAX_THREADS`; or what OMP_NUM_THREADS in the environment says."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    if said.isdecimal() and int(said) > 0:
        return int(said)
    return min(processor_count(), MAX_THREADS)


def processor_count() -> int:
    """The number of processors that this process may use."""
    asked = getattr(os, "sched_getaffinity", None)  # not on macOS and Windows
    return len(asked(0)) if asked else os.cpu_count() or 1
