"""Provenance: which code, packages and machine made a result, and when."""

import importlib.metadata
import platform
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from kaggle_fkd import __version__

RECORDED_PACKAGES = (
    "torch", "numpy", "pandas", "scikit-learn", "safetensors", "onnx", "onnxscript", "onnxruntime",
)  # fmt: skip
"""The packages whose versions can change a result."""


def provenance(device: str | None = None) -> dict[str, Any]:
    """The record that every result carries; `device` is what computed it, in words."""
    record = {
        "version": __version__,
        "commit": source_commit(),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in RECORDED_PACKAGES},
        "platform": f"{platform.system()} {platform.machine()}",
        "command": sys.argv,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return record | ({"device": device} if device else {})


@cache
def source_commit() -> str | None:
    """The commit of the source tree, marked when it has changes; None outside a checkout.

    Asked once, so that a commit made while the program runs is not taken for the code that runs.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    try:
        answer = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True, text=True, timeout=10, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None
