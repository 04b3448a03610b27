"""Targets whose readers fail in every way that fuzzing should find."""

import os
import signal
import time
import warnings
from pathlib import Path

import numpy as np
from fuzz.target import Target

from kaggle_fkd.errors import DataError

TEXT = b"a valid example\n"


def _make(folder: Path) -> None:
    (folder / "file").write_bytes(TEXT)


def _changed(file: Path) -> bool:
    return not file.is_file() or file.read_bytes() != TEXT


def _hang(folder: Path, file: Path) -> None:
    while _changed(file):
        time.sleep(0.1)


def _die(folder: Path, file: Path) -> None:
    if _changed(file):
        os.kill(os.getpid(), signal.SIGSEGV)


def _fill_memory(folder: Path, file: Path) -> None:
    filled = []
    while _changed(file):
        filled.append(np.ones(10**6))


def _raise(folder: Path, file: Path) -> None:
    if _changed(file):
        raise KeyError("a defect")


def _say_two_lines(folder: Path, file: Path) -> None:
    if _changed(file):
        raise DataError("it is damaged", "do this\nand that")


def _warn(folder: Path, file: Path) -> None:
    if _changed(file):
        warnings.warn("an overflow", RuntimeWarning, stacklevel=1)


def _reject(folder: Path, file: Path) -> None:
    if _changed(file):
        raise DataError("it is damaged", "download it again")


def _accept(folder: Path, file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


TARGETS = {
    name: Target(name, _make, read, (), same=name == "other data")
    for name, read in {
        "hang": _hang, "die": _die, "fill memory": _fill_memory, "raise": _raise,
        "say two lines": _say_two_lines, "warn": _warn, "reject": _reject, "accept": _accept,
        "other data": _accept,
    }.items()
}  # fmt: skip
