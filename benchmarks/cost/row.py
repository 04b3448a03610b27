"""`Row`: one measurement of `benchmarks/training.py`; and its clock."""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Row(NamedTuple):
    """One number."""

    work: str
    """What was measured."""
    variant: str
    """Which of several ways: a precision, a network, a number of rows."""
    value: float
    """The number; NaN where there is none."""
    unit: str
    """What it counts."""


def seconds_of(work: Callable[[], object], repeats: int = 1) -> float:
    """The median time of the work in seconds."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return float(np.median(times))
