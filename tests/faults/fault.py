"""`Fault`: what happens to a call of the program, and `strike`, which makes it happen.

Only the standard library is imported: `hook/sitecustomize.py` loads this in every process.
"""

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

KILL, FULL_DISK, DENIAL, REMOVAL, CUT = "kill", "full disk", "denial", "removal", "cut"
"""A signal; a disk without space; no permission to write; an input that is deleted, or halved."""
FILLER = "filler"
"""The file that fills the disk; it lies beside the folder of the call."""


@dataclass(frozen=True)
class Fault:
    """One fault of one call."""

    kind: str
    """One of the five above."""
    operation: int = 0
    """It strikes before that change of a file, counted from 1 over all processes of the call."""
    moment: float | None = None
    """A kill instead strikes so many seconds after the first change."""
    signal: int = signal.SIGKILL
    """What kills."""
    everyone: bool = True
    """Whether it kills all processes of the call, or one of them."""
    spare: int = 0
    """Bytes that stay free on a full disk."""
    target: str = ""
    """The input that is deleted or halved, in the folder of the call."""

    def __str__(self) -> str:
        """As a row of the table names it."""
        where = f"operation {self.operation}" if self.moment is None else f"{self.moment:.2f} s"
        if self.kind == KILL:
            victims = "all processes" if self.everyone else "one process"
            return f"{signal.Signals(self.signal).name} of {victims} at {where}"
        details = {FULL_DISK: f", {self.spare} bytes left", REMOVAL: f" of {self.target}"}
        details[CUT] = details[REMOVAL]
        return f"{self.kind}{details.get(self.kind, '')} at {where}"


def strike(fault: Fault, place: Path, processes: list[int]) -> None:
    """Do it to a call that works in the folder `place`, with these processes."""
    if fault.kind == KILL:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, fault.signal)
    elif fault.kind == FULL_DISK:
        _fill_disk(place.parent / FILLER, fault.spare)
    elif fault.kind == DENIAL:
        _set_modes(place, 0o555, 0o444)
    elif fault.kind == REMOVAL:
        (place / fault.target).unlink()
    elif fault.kind == CUT:
        target = place / fault.target
        os.truncate(target, target.stat().st_size // 2)


def allow_again(place: Path) -> None:
    """Give back space and permissions."""
    (place.parent / FILLER).unlink(missing_ok=True)
    _set_modes(place, 0o755, 0o644)


def _fill_disk(filler: Path, spare: int) -> None:
    with filler.open("wb") as file:
        disk = os.fstatvfs(file.fileno())
        if size := disk.f_bavail * disk.f_frsize - spare:
            os.posix_fallocate(file.fileno(), 0, size)


def _set_modes(place: Path, of_folders: int, of_files: int) -> None:
    for folder, _, files in os.walk(place):
        Path(folder).chmod(of_folders)
        for name in files:
            path = Path(folder, name)
            with suppress(FileNotFoundError):  # a temporary that went in the meantime
                path.chmod(of_files)
