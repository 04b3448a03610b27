"""Environments for the peers of `benchmarks/peers.py`, and their answers to jobs."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORKER = Path(__file__).with_name("worker.py")
ROOT = Path(__file__).resolve().parents[2]


class PeerError(Exception):
    """A peer that cannot be installed, or fails; the reason in a line."""


@dataclass(frozen=True)
class Answers:
    """What a peer answered to J jobs."""

    values: list[Any]
    """J, found faces or points; see `benchmarks/peer/worker.py`."""
    ms: NDArray[np.float64]
    """J, the milliseconds of each."""
    seconds: float
    """From the start of the process to its end."""
    peak_mb: float
    """The most memory of the process."""


def install(environment: Path, requirements: Sequence[str]) -> None:
    """Install what is missing into an environment, which is made if there is none.

    It has no pip of its own, and so nothing but the peer. A requirement that is a folder is always
    installed anew. Raises PeerError.
    """
    if not _python(environment).exists():
        _run([sys.executable, "-m", "venv", "--without-pip", str(environment)])
    pip = [sys.executable, "-m", "pip", "--python", str(_python(environment)), "--quiet"]
    _run([*pip, "install", *requirements])


def size_mb(environment: Path) -> float:
    """The size of all files of an environment in megabytes."""
    files = [path for path in environment.rglob("*") if path.is_file() and not path.is_symlink()]
    return sum(path.stat().st_size for path in files) / 1e6


def ask(environment: Path, peer: str, jobs: Sequence[dict[str, Any]]) -> Answers:
    """The answers of a peer of that name, in a process of its own. Raises PeerError."""
    with TemporaryDirectory() as folder:
        questions, answers = Path(folder) / "jobs.json", Path(folder) / "answers.json"
        questions.write_text(json.dumps(jobs))
        start = time.perf_counter()
        # -I: neither this repository nor the user's own packages are seen.
        _run([str(_python(environment)), "-I", str(WORKER), peer, str(questions), str(answers)])
        seconds = time.perf_counter() - start
        read = json.loads(answers.read_text())
    values, ms = [each["value"] for each in read["answers"]], [e["ms"] for e in read["answers"]]
    return Answers(values, np.array(ms), seconds, read["peak_mb"])


def _python(environment: Path) -> Path:
    return environment / "bin" / "python"


def _run(command: Sequence[str]) -> None:
    """Run a command in the repository; PeerError with the last line of its errors if it fails."""
    variables = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=variables, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR")]
        last = (errors or lines or [f"it ended with status {done.returncode}"])[-1]
        raise PeerError(last.strip())
