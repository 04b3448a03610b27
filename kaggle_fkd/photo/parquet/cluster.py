"""Parts of a table, made with Ray Data on one machine or on several."""

import logging
import os
import socket
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from functools import partial
from typing import Any

from kaggle_fkd.errors import FkdError, UsageError
from kaggle_fkd.inference.providers import processor_count
from kaggle_fkd.photo.parquet.part import Work, write_part
from kaggle_fkd.photo.parquet.processes import prepare_process

LOCAL = "local"
"""The address that stands for this machine alone."""
STORE_BYTES = 100_000_000
"""Ray's shared memory on this machine: what is sent are numbers of parts and of pictures."""
SECONDS = 10
"""A cluster that does not answer in that time is not there; Ray itself would wait for minutes."""


def write_parts_with_ray(
    work: Work, parts: Sequence[int], jobs: int | None, address: str
) -> Generator[int, None, None]:
    """Write these parts as tasks of Ray Data; the number of pictures of each, when it is written.

    `jobs` is how many at a time, by default one for each processor. The folder of the table, the
    pictures and a run must be files of every machine. A task whose process is killed is repeated.
    Raises UsageError if there is no cluster at that address, and what `write_part` raises.
    """
    with _connected(address, jobs):
        import ray.data

        ray.data.DataContext.get_current().enable_progress_bars = False
        rows = ray.data.from_items([*parts], override_num_blocks=len(parts)).map(
            partial(_write, work.absolute()), num_cpus=1, concurrency=jobs
        )
        for row in rows.iter_rows():
            if row["problem"]:
                raise FkdError(row["problem"], row["remedy"])
            yield int(row["pictures"])


def _write(work: Work, row: dict[str, Any]) -> dict[str, Any]:
    """A task: a part; the number of its pictures, or why there is none.

    Errors are values, because Ray wraps those that are raised in its own.
    """
    prepare_process(1)
    try:
        return {"pictures": write_part(work, row["item"]), "problem": "", "remedy": ""}
    except FkdError as error:
        return {"pictures": 0, "problem": error.problem, "remedy": error.remedy}


@contextmanager
def _connected(address: str, jobs: int | None) -> Iterator[None]:
    """Within the block, Ray is connected; nothing is sent to Ray's makers, nor shown of its log."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # read by the processes that Ray starts
    import ray
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    try:
        if address == LOCAL:
            ray.init(
                LOCAL, num_cpus=jobs or processor_count(), include_dashboard=False,
                object_store_memory=STORE_BYTES, **quiet,
            )  # fmt: skip
        else:
            _require_answer(address)
            ray.init(address, **quiet)
    except (ConnectionError, OSError, ValueError, RuntimeError) as error:
        raise UsageError(
            f"there is no Ray cluster at {address} ({error})",
            "give HOST:PORT of its head, auto on one of its machines, or local for this one",
        ) from error
    try:
        # Ray reports killed processes on stdout, which is reserved for results.
        with redirect_stdout(sys.stderr):
            yield
    finally:
        ray.shutdown()


def _require_answer(address: str) -> None:
    """OSError if nobody answers at HOST:PORT."""
    host, separator, port = address.removeprefix("ray://").rpartition(":")
    if separator and port.isdecimal():
        socket.create_connection((host, int(port)), SECONDS).close()
