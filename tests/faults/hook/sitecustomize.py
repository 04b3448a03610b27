"""Python imports this when a process starts: it counts changes of files, and strikes at one.

In the environment, FAULTS_PLACE is the folder whose changes count, FAULTS_LEDGER a folder with a
byte for each of them in `operations` and a line for each process in `processes`, and FAULTS_FAULT
the fields of a fault, if one is to strike.

For the package, the time stands still, and no memory is used: two calls write the same bytes.
"""

import builtins
import datetime
import json
import os
import resource
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from faults.fault import KILL, Fault, strike

PLACE, LEDGER = Path(os.environ["FAULTS_PLACE"]), Path(os.environ["FAULTS_LEDGER"])
FAULT = Fault(**json.loads(os.environ["FAULTS_FAULT"])) if "FAULTS_FAULT" in os.environ else None
CHANGES = {
    "os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink",
    "os.truncate", "os.utime",
}  # fmt: skip
"""Of these audit events, the first argument is a path."""
PYTHONS_IMPORT = builtins.__import__
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class _Noon(datetime.datetime):
    """It is always noon."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
        return datetime.datetime(2026, 1, 2, 12, tzinfo=tz)


USAGE = SimpleNamespace(ru_maxrss=0)
SUBSTITUTES = {
    "datetime": SimpleNamespace(**vars(datetime) | {"datetime": _Noon}),
    "time": SimpleNamespace(**vars(time) | {"perf_counter": lambda: 0.0}),
    "resource": SimpleNamespace(**vars(resource) | {"getrusage": lambda who: USAGE}),
}
"""What the package is given instead of these modules."""


def _imported(name: str, *arguments: Any, **others: Any) -> Any:
    importer = arguments[0] if arguments else others.get("globals")
    if name in SUBSTITUTES and str((importer or {}).get("__name__")).startswith("kaggle_fkd"):
        return SUBSTITUTES[name]
    return PYTHONS_IMPORT(name, *arguments, **others)


class _Counter:
    """Counts the changes of all processes, and strikes at one."""

    def __init__(self) -> None:
        self.striking = False
        self.file = os.open(LEDGER / "operations", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            changes = isinstance(arguments[2], int) and arguments[2] & WRITING
        else:
            changes = event in CHANGES
        if not changes or self.striking or not _is_in_place(arguments[0]):
            return
        os.write(self.file, b".")
        # At the end of what this process has just written, whoever writes at the same time.
        operation = os.lseek(self.file, 0, os.SEEK_CUR)
        if FAULT is not None and FAULT.moment is None and FAULT.operation == operation:
            self.striking = True
            own = [os.getpid()]
            others = (LEDGER / "processes").read_text().split() if FAULT.everyone else []
            others = [int(each) for each in others if FAULT.kind == KILL]
            strike(FAULT, PLACE, [each for each in others if each not in own] + own)
            self.striking = False


def _is_in_place(path: object) -> bool:
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    return Path(os.path.abspath(os.fsdecode(path))).is_relative_to(PLACE)  # noqa: PTH100


def _begin() -> None:
    # Python starts its resource tracker again when it is killed, and that reports what it misses.
    if "multiprocessing.resource_tracker" not in " ".join(sys.orig_argv):
        with (LEDGER / "processes").open("a") as file:
            file.write(f"{os.getpid()}\n")
    builtins.__import__ = _imported
    sys.addaudithook(_Counter().audit)


_begin()
