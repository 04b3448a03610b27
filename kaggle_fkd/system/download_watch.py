"""A watch over a download: servers may send a byte a second, or a file without an end."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from kaggle_fkd.errors import FkdError

MOST_BYTES = 2 << 30
"""A download is not longer; the competition's has 80 MB."""
LEAST_BYTES = 1 << 20
"""So many bytes arrive in `PERIOD_S`, or the download is given up."""
PERIOD_S = 300.0
LOOK_S = 0.5
"""Seconds between two looks at its size."""


@contextmanager
def download_watched(size: Callable[[], int], error: Callable[[str], FkdError]) -> Iterator[None]:
    """Raise, in the middle of the block, what `error` makes of a problem with its download.

    `size` is the number of bytes so far. Only in the main thread, and not on Windows.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or not hasattr(signal, "setitimer"):
        yield
        return
    before, since = size(), time.monotonic()

    def look(_number: int, _frame: FrameType | None) -> None:
        nonlocal before, since
        now = size()
        if now > MOST_BYTES:
            raise error(f"the download has more than {MOST_BYTES >> 30} GiB")
        if now - before >= LEAST_BYTES:
            before, since = now, time.monotonic()
        elif time.monotonic() - since > PERIOD_S:
            raise error(f"less than {LEAST_BYTES >> 20} MiB arrived in {PERIOD_S:g} seconds")

    handler = signal.signal(signal.SIGALRM, look)
    timer = signal.setitimer(signal.ITIMER_REAL, LOOK_S, LOOK_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, *timer)
