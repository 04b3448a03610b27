"""Parts of a table, made by several processes at the same time."""

import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import chain, islice
from multiprocessing.connection import Connection
from typing import TypeVar

import cv2

from kaggle_fkd.errors import RunError
from kaggle_fkd.inference.providers import MAX_THREADS, processor_count, thread_count
from kaggle_fkd.photo.parquet.part import (
    Work,
    check_networks,
    picture_rows,
    store_part,
    write_part,
)
from kaggle_fkd.photo.parquet.rows import Row, failure_row
from kaggle_fkd.photo.parquet.table import open_table
from kaggle_fkd.system.console import interrupts_kept_from_children, log
from kaggle_fkd.system.warning_filters import ignore_pillow_warnings

MAX_KILLS = 2
"""After so many kills of a process that may have worked on it, a part is written by picture."""
Result = TypeVar("Result")


def write_parts(work: Work, parts: Sequence[int], jobs: int) -> Generator[int, None, None]:
    """Write these parts in so many processes; the number of pictures of each, when it is written.

    The processes end with the iteration, however it ends, even if this process is killed. If one of
    them is killed, the parts that were not finished are written again; after MAX_KILLS, picture by
    picture: one that kills the process then is a row with that reason. Raises what `write_part`
    raises, and RunError if processes are killed before they work on a picture.
    """
    left, kills = iter(parts), Counter[int]()
    while True:
        taken: list[int] = []
        try:
            with _processes(jobs) as pool:
                yield from _written(pool, work, left, 2 * jobs, taken)
            return
        except BrokenProcessPool:
            log.warning(
                "one of the processes was killed, perhaps because memory was short; what it did is "
                "done again"
            )
        kills.update(taken)
        for part in taken:
            if kills[part] == MAX_KILLS:
                _write_by_picture(work, part)
        left = chain(taken, left)


def _written(
    pool: ProcessPoolExecutor, work: Work, left: Iterator[int], most: int, taken: list[int]
) -> Iterator[int]:
    """The number of pictures of each part that was written; `taken` are those that were not yet.

    Up to `most` parts are handed out at a time: one more than it works on for each process, so that
    none has to wait.
    """
    pending: dict[Future[int], int] = {}
    while True:
        for part in islice(left, most - len(pending)):
            taken.append(part)
            pending[_submit(pool, write_part, work, part)] = part
        if not pending:
            return
        for future in wait(pending, return_when=FIRST_COMPLETED).done:
            pictures = future.result()
            taken.remove(pending.pop(future))
            yield pictures


def _write_by_picture(work: Work, part: int) -> None:
    """Write a part with one process, which is replaced whenever a picture has killed it."""
    table = open_table(work.folder)
    if table.part_file(part).exists():  # it was finished when another part's process was killed
        return
    pictures, rows = deque(table.listed(part)), list[Row]()
    while pictures:
        with _processes(1) as pool:
            _require_networks(pool, work)
            try:
                while pictures:
                    rows += _submit(pool, picture_rows, work, *pictures[0]).result()
                    pictures.popleft()
            except BrokenProcessPool:
                given, _ = pictures.popleft()
                rows.append(failure_row(given, "its process was killed"))
    store_part(work, part, rows)


def _require_networks(pool: ProcessPoolExecutor, work: Work) -> None:
    """RunError if the process is killed before it works on a picture, which is not to blame then.

    Raises what `check_networks` raises.
    """
    try:
        _submit(pool, check_networks, work).result()
    except BrokenProcessPool as error:
        raise RunError(
            "the processes are killed at their start, perhaps because memory is short",
            "repeat the command when there is more: it continues",
        ) from error


def _submit(
    pool: ProcessPoolExecutor, function: Callable[..., Result], *arguments: object
) -> Future[Result]:
    with interrupts_kept_from_children():  # this may start a process
        return pool.submit(function, *arguments)


@contextmanager
def _processes(jobs: int) -> Iterator[ProcessPoolExecutor]:
    context = multiprocessing.get_context("spawn")  # threads of networks do not survive a fork
    threads = max(1, min(MAX_THREADS, processor_count() // jobs))
    theirs, ours = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(jobs, context, _begin, (theirs, threads))
    try:
        yield pool
    finally:
        ours.close()
        pool.shutdown(cancel_futures=True)
        theirs.close()


def _begin(connection: Connection, threads: int) -> None:
    """What each process does first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on Windows it is not inherited
    prepare_process(threads)
    threading.Thread(target=_end_with, args=(connection,), daemon=True).start()


def _end_with(connection: Connection) -> None:
    """End this process as soon as the other end of the pipe is closed, or its process ended."""
    try:
        connection.recv()
    except (EOFError, OSError):
        os._exit(1)


def prepare_process(threads: int) -> None:
    """Let networks and OpenCV compute with so many threads in this process, unless
    OMP_NUM_THREADS in the environment says otherwise; and Pillow does not warn."""
    ignore_pillow_warnings()
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    cv2.setNumThreads(thread_count())
