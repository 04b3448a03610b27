"""Jobs in processes of their own, several at a time.

A process talks to this one through a pipe of its own, which ends when the process does, however it
ends. (A queue that all share has a lock, which a killed process would keep.)
"""

import logging
import multiprocessing
import signal
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from logging.handlers import QueueHandler
from multiprocessing.connection import wait
from typing import Any

import torch
from tqdm import tqdm

from kaggle_fkd.errors import RunError
from kaggle_fkd.runs.member import Member
from kaggle_fkd.system.console import interrupts_kept_from_children, log, progress
from kaggle_fkd.system.device import Place, keep_freed_memory
from kaggle_fkd.training.job import Job

BAR, RECORD, END = "bar", "record", "end"
"""The kinds of what a process sends: a method of its progress bar to call, a record to log, and the
end of its training, perhaps with an error."""


def train_in_processes(jobs: Sequence[Job], places: Sequence[Place]) -> Iterator[Member]:
    """Train members, one at each place at a time; gives each when it is done.

    A process computes what `Job.work` computes here with as many threads. Raises what that raises,
    and RunError when a process was killed. The processes end with the iteration, however it ends;
    complete epochs are on disk.
    """
    waiting, free, workers = list(jobs), list(enumerate(places)), list[_Worker]()
    try:
        while waiting or workers:
            new = [
                _start(waiting.pop(0), *free.pop(0)) for _ in range(min(len(waiting), len(free)))
            ]
            workers += new
            for worker in new:
                worker.begin()
            ready = wait([worker.connection for worker in workers])
            for worker in [each for each in workers if each.connection in ready]:
                if worker.listen():
                    workers.remove(worker)
                    worker.end()
                    free.append((worker.line, worker.place))
                    yield worker.job.member
    finally:
        for worker in workers:
            worker.end()


@dataclass(frozen=True)
class _Worker:
    """A process that works on a job."""

    job: Job
    """What it works on."""
    line: int
    """The line on the terminal of its progress bar."""
    place: Place
    """Where it computes."""
    process: Any
    """The process itself."""
    connection: Any
    """This end of its pipe."""
    bar: "tqdm[Any]"
    """Its progress."""

    def begin(self) -> None:
        """Give it the job. It imports torch first; Ctrl-C may interrupt this wait."""
        try:
            self.connection.send(replace(self.job, device=self.place.device))
        except ConnectionError:
            raise self._ended() from None

    def listen(self) -> bool:
        """Do what it says next; true when its job is done. Raises what the job raised."""
        try:
            kind, said = self.connection.recv()
        except (EOFError, ConnectionError):
            raise self._ended() from None
        if kind == BAR:
            method, arguments = said
            getattr(self.bar, method)(*arguments)
        elif kind == RECORD:
            log.handle(said)
        elif said is not None:
            raise said
        return bool(kind == END)

    def _ended(self) -> RunError:
        """The error for a process that ended before its job was done."""
        self.process.join()
        code = self.process.exitcode
        if code is not None and code < 0:
            return RunError(
                f"{self.job.member.name}: its process was killed (signal {-code}), perhaps because "
                "memory was short",
                "repeat the command with --resume, and perhaps with fewer --jobs",
            )
        return RunError(
            f"{self.job.member.name}: its process failed (exit code {code}) with the error above",
            'in a script of your own, call the training after `if __name__ == "__main__":`',
        )

    def end(self) -> None:
        """End the process, whether or not its job is done."""
        self.process.terminate()
        self.process.join()
        self.connection.close()
        self.bar.close()


def _start(job: Job, line: int, place: Place) -> _Worker:
    context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    connection, theirs = context.Pipe()
    process = context.Process(
        target=_work, args=(theirs, place.threads, log.getEffectiveLevel()),
        name=job.member.name, daemon=True,
    )  # fmt: skip
    with interrupts_kept_from_children():
        process.start()
    theirs.close()
    bar = progress(None, f"training {job.member.name}", line=line)
    return _Worker(job, line, place, process, connection, bar)


def _work(connection: Any, threads: int, level: int) -> None:
    """What a process does: the job that it is given."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on Windows it is not inherited
    log.handlers[:], log.propagate = [_Sender(connection)], False
    log.setLevel(level)
    torch.set_num_threads(threads)
    error = None
    with suppress(ConnectionError, EOFError):  # whoever started this process is gone
        job: Job = connection.recv()
        if job.device.type == "cpu":
            keep_freed_memory()
        try:
            job.work(_SentBar(connection))
        except ConnectionError:
            raise
        except Exception as raised:
            raised.add_note(traceback.format_exc())
            error = raised
        connection.send((END, error))


class _Sender(QueueHandler):
    """Sends what is logged."""

    def enqueue(self, record: logging.LogRecord) -> None:
        """Send one record; `queue` is the connection."""
        self.queue.send((RECORD, record))  # type: ignore[attr-defined]

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the library's name
        """Leave it to `_work` that nobody listens."""
        raise


class _SentBar:
    """Sends what is asked of a progress bar."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def reset(self, total: int) -> None:
        """See `Progress`."""
        self._send("reset", total)

    def update(self, n: int = 1) -> None:
        """See `Progress`."""
        self._send("update", n)

    def set_postfix_str(self, s: str) -> None:
        """See `Progress`."""
        self._send("set_postfix_str", s)

    def _send(self, method: str, *arguments: object) -> None:
        self.connection.send((BAR, (method, arguments)))
