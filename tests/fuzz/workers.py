"""Processes that judge inputs: one that hangs, dies or takes too much memory is replaced."""

import importlib
import logging
import multiprocessing
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from fuzz.target import FIND, Outcome, Prepared, Target, megabytes_of

START_S = 300.0
"""Seconds that a process may take to import everything and to make an example."""
ALL = "fuzz.all_targets"
"""The module of all targets."""
LOOK_S = 0.1
"""Seconds between two looks at the memory of a process."""


@dataclass(frozen=True)
class Shard:
    """Inputs of a target that are judged one after the other."""

    target: str
    """The name of what reads them."""
    start: int
    """The number of the first."""
    stop: int
    """The number after the last."""


@dataclass(frozen=True)
class Limits:
    """What reading one input may take."""

    seconds: float = 10
    """The time."""
    megabytes: float = 2000
    """The memory of the process, of which libraries alone have about 500."""


class _LostError(Exception):
    """The process has not answered, for the reason that the message says."""


class Worker:
    """A process that judges shards; another one takes its place when it has to be ended."""

    def __init__(self, seed: int, limits: Limits, targets: str = ALL) -> None:
        """`seed` is that of the inputs; `targets` is the module whose TARGETS are judged."""
        self.seed, self.limits, self.targets = seed, limits, targets
        self._folder = TemporaryDirectory(prefix="fuzz-")
        self._started = 0
        self._start()

    def good(self, target: str) -> Path:
        """The folder with the example of a target that has just been judged."""
        return self._place / target / "good"

    def outcomes(self, shard: Shard) -> Iterator[Outcome]:
        """What becomes of each input of the shard."""
        index = shard.start
        while index < shard.stop:
            self._connection.send(Shard(shard.target, index, shard.stop))
            try:
                self._receive(START_S)  # it is ready
            except _LostError as lost:
                raise RuntimeError(f"{shard.target}: the example cannot be read: {lost}") from lost
            try:
                while index < shard.stop:
                    yield self._within_limits(self._receive(self.limits.seconds))
                    index += 1
            except _LostError as lost:
                yield Outcome(index, FIND, str(lost))
                self._end()
                self._start()
                index += 1

    def close(self) -> None:
        """End the process, and remove what it wrote."""
        self._connection.send(None)
        self._process.join()
        self._folder.cleanup()

    @property
    def _place(self) -> Path:
        return Path(self._folder.name, str(self._started))

    def _start(self) -> None:
        self._started += 1
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_work, args=(theirs, self._place, self.seed, self.targets), daemon=True
        )
        self._process.start()
        theirs.close()

    def _end(self) -> None:
        self._process.kill()
        self._process.join()
        self._connection.close()

    def _within_limits(self, outcome: Outcome) -> Outcome:
        """The outcome, or a find if memory was taken that nobody looked at in time."""
        if outcome.megabytes <= self.limits.megabytes:
            return outcome
        return replace(outcome, verdict=FIND, said=self._too_much)

    @property
    def _too_much(self) -> str:
        return f"more than {self.limits.megabytes:g} MB of memory"

    def _receive(self, seconds: float) -> Any:
        """The next message; raises _LostError if there is none."""
        end = monotonic() + seconds
        while not self._connection.poll(LOOK_S):
            if megabytes_of(self._process.pid) > self.limits.megabytes:
                raise _LostError(self._too_much)
            if monotonic() > end:
                raise _LostError(f"no answer within {seconds:g} seconds")
        try:
            return self._connection.recv()
        except (EOFError, ConnectionResetError):
            self._process.join()
            raise _LostError(f"the process ended with code {self._process.exitcode}") from None


def _work(connection: Connection, place: Path, seed: int, targets: str) -> None:
    """What the process does: judge the inputs of each shard that it is sent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that has started it ends it
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # libraries write there, too
        os.dup2(nowhere, stream)
    log = logging.getLogger("kaggle_fkd")
    log.handlers[:], log.propagate = [logging.NullHandler()], False
    known: dict[str, Target] = importlib.import_module(targets).TARGETS
    prepared: dict[str, Prepared] = {}
    while shard := connection.recv():
        name = shard.target
        if name not in prepared:
            prepared[name] = Prepared(known[name], place / name)
        connection.send("ready")
        for index in range(shard.start, shard.stop):
            connection.send(prepared[name].judge(seed, index))
