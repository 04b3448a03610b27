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
from kaggle_fkd.system.text import without_password

RECORDED_PACKAGES = (
    "torch", "numpy", "pandas", "scikit-learn", "safetensors", "onnx", "onnxscript", "onnxruntime",
)  # fmt: skip
"""The packages whose versions can change a result."""
COMMIT_FILE = "COMMIT"
"""The name of the file in a packed package that has the commit of its source tree."""


def provenance(device: str | None = None) -> dict[str, Any]:
    """The record that every result carries; `device` is what computed it, in words."""
    record = {
        "version": __version__,
        "commit": source_commit(),
        "python": platform.python_version(),
        "packages": {name: _version_of(name) for name in RECORDED_PACKAGES},
        "platform": f"{platform.system()} {platform.machine()}",
        "command": [without_password(each) for each in sys.argv],
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return record | ({"device": device} if device else {})


def _version_of(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


@cache
def source_commit() -> str | None:
    """The commit of the source tree, marked when it has changes; None where it is unknown.

    That is outside a checkout, unless the package was packed into a kernel, with its commit.

    Asked once, so that a commit made while the program runs is not taken for the code that runs.
    """
    root = Path(__file__).resolve().parents[2]
    packed = root / "kaggle_fkd" / COMMIT_FILE
    if packed.exists():
        return packed.read_text(encoding="utf-8") or None
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
