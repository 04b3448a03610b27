"""Parts of a table, made by several processes at the same time."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing.connection import Connection

import cv2

from kaggle_fkd.errors import RunError
from kaggle_fkd.inference.providers import MOST_THREADS, processor_count, thread_count
from kaggle_fkd.photo.parquet.part import Work, write_part
from kaggle_fkd.system.console import interrupts_kept_from_children


def write_parts(work: Work, parts: Sequence[int], jobs: int) -> Generator[int, None, None]:
    """Write these parts in so many processes; the number of pictures of each, when it is written.

    The processes end with the iteration, however it ends, even if this process is killed. Raises
    what `write_part` raises, and RunError if one of the processes was killed; the parts that are
    finished stay.
    """
    left, pending = iter(parts), set[Future[int]]()
    with _processes(max(1, min(MOST_THREADS, processor_count() // jobs)), jobs) as pool:
        try:
            while True:
                # A part more than it works on for each process, so that none has to wait.
                for part in islice(left, 2 * jobs - len(pending)):
                    with interrupts_kept_from_children():  # this may start a process
                        pending.add(pool.submit(write_part, work, part))
                if not pending:
                    return
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        except BrokenProcessPool as error:
            raise RunError(
                "one of the processes was killed, perhaps because memory was short",
                "repeat the command, perhaps with fewer processes: it continues",
            ) from error


@contextmanager
def _processes(threads: int, jobs: int) -> Iterator[ProcessPoolExecutor]:
    context = multiprocessing.get_context("spawn")  # threads of networks do not survive a fork
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
    limit_threads(threads)
    threading.Thread(target=_end_with, args=(connection,), daemon=True).start()


def _end_with(connection: Connection) -> None:
    """End this process as soon as the other end of the pipe is closed, or its process ended."""
    try:
        connection.recv()
    except (EOFError, OSError):
        os._exit(1)


def limit_threads(threads: int) -> None:
    """Let networks and OpenCV compute with so many threads in this process, unless
    OMP_NUM_THREADS in the environment says otherwise."""
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    cv2.setNumThreads(thread_count())
