"""`examples/keypoints.py` as a program, and a picture to run it on."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run_example(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXAMPLES / "keypoints.py"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True)


def keypoints_in_python(*words: object) -> dict[str, list[float]]:
    """x, y and expected error by the keypoints' names, as the example prints them."""
    result = run_example(*words)
    assert result.returncode == 0, result.stderr
    found = map(json.loads, result.stdout.splitlines())
    return {each["name"]: [each["x"], each["y"], each["error"]] for each in found}


def spot(size: tuple[int, int], place: tuple[float, float], radius: float) -> NDArray[np.uint8]:
    """H x W, a soft bright spot on black; `size` is (height, width), `place` x and y."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    distance = np.hypot(columns - place[0], rows - place[1]) / radius
    return np.rint(255 * np.exp(-(distance**2))).astype(np.uint8)
