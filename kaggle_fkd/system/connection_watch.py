"""A watch over a connection: servers may be silent, send a byte a second, or never stop."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from kaggle_fkd.errors import FkdError
from kaggle_fkd.system.memory import peak_memory_mb

MAX_BYTES = 2 << 30
"""An answer is not longer; the competition's files have 80 MB."""
MIN_BYTES = 1 << 20
"""So many bytes arrive in `PATIENCE_S`, or the connection is given up."""
PATIENCE_S = 180.0
"""Seconds that a server has to answer, or to send `MIN_BYTES` more."""
LOOK_S = 0.5
"""Seconds between two looks at how much has arrived."""


class _GivenUpError(BaseException):
    """Raised in the middle of the block; not an Exception, which clients catch to try again."""


@contextmanager
def connection_watched(
    error: Callable[[str], FkdError], stored: Callable[[], int] = lambda: 0
) -> Iterator[None]:
    """End the block when its connection makes no progress, by what `error` makes of the problem.

    `stored` is the number of bytes that the block has written so far; what it has in memory counts,
    too. Only in the main thread, and not on Windows.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or not hasattr(signal, "setitimer"):
        yield
        return

    def arrived() -> int:
        return stored() + int((peak_memory_mb() or 0) * 1e6)

    first = arrived()
    before, since = first, time.monotonic()

    def look(_number: int, _frame: FrameType | None) -> None:
        nonlocal before, since
        now = arrived()
        if now - first > MAX_BYTES:
            raise _GivenUpError(f"more than {MAX_BYTES >> 30} GiB arrived")
        if now - before >= MIN_BYTES:
            before, since = now, time.monotonic()
        elif time.monotonic() - since > PATIENCE_S:
            least = f"{MIN_BYTES >> 20} MiB"
            raise _GivenUpError(f"less than {least} arrived in {PATIENCE_S:g} seconds")

    handler = signal.signal(signal.SIGALRM, look)
    timer = signal.setitimer(signal.ITIMER_REAL, LOOK_S, LOOK_S)
    try:
        yield
    except _GivenUpError as given_up:
        raise error(str(given_up)) from given_up
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *timer)
