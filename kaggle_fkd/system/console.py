"""What a person sees while the program works: notices, banners and progress, all on stderr.

stdout belongs to results: scripts read the submission's path from its last line.
"""

import logging
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tqdm import tqdm

from kaggle_fkd.errors import FkdError

log = logging.getLogger("kaggle_fkd")
"""The program's logger: `info` for notices (hidden by --quiet), `warning` for what must be seen."""


class _StderrHandler(logging.Handler):
    """Prints through tqdm, so that a line never tears a progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        tqdm.write(self.format(record), file=sys.stderr)


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        prefix = "warning: " if record.levelno == logging.WARNING else ""
        return prefix + record.getMessage()


def set_up(quiet: bool) -> None:
    """Send the program's log to stderr; `quiet` leaves warnings and errors only."""
    if sys.stderr is None:  # closed by whoever started the program
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115  # for as long as it runs
    handler = _StderrHandler()
    handler.setFormatter(_Formatter())
    log.handlers[:] = [handler]
    log.propagate = False
    log.setLevel(logging.WARNING if quiet else logging.INFO)


def progress(
    items: Iterable[Any] | None, description: str, total: int | None = None
) -> "tqdm[Any]":
    """`items` behind a progress bar on stderr, which a quiet run or a redirected stderr omits.

    Without items, the caller moves the bar on with `update()`.
    """
    return tqdm(
        items,
        desc=description,
        total=total,
        file=sys.stderr,
        disable=not (log.isEnabledFor(logging.INFO) and sys.stderr.isatty()),
        dynamic_ncols=True,
        leave=False,
    )


def announce(*lines: str) -> None:
    """Lines that are seen even in quiet mode."""
    log.error("\n".join(lines))


def banner(*lines: str) -> None:
    """A framed notice that is seen even in quiet mode."""
    width = max(map(len, lines)) + 4
    frame = "*" * width
    announce("", frame, *(f"* {line:<{width - 4}} *" for line in lines), frame, "")


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Ctrl-C waits for the end of the block, for imports: torch's would abort the process, and
    numpy's go on half imported, to fail with a RecursionError somewhere else."""
    heard = threading.current_thread() is threading.main_thread()
    if not heard or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    held: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: held.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if held:
        raise KeyboardInterrupt


def exit_code(work: Callable[[], None]) -> int:
    """Do the work, and say in one line what went wrong: the exit code of the process."""
    try:
        work()
    except FkdError as error:
        announce(f"error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        announce("interrupted")
        return 130
    except BrokenPipeError:
        # Nobody reads stdout any more; without this, Python complains again at its exit.
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115
        announce("error: stdout was closed before all of the output could be written")
        return 1
    except Exception as error:
        with tempfile.NamedTemporaryFile(
            "w", prefix="kaggle_fkd-", suffix=".log", delete=False, encoding="utf-8"
        ) as file:
            traceback.print_exc(file=file)
        problem = f"unexpected {type(error).__name__}: {error}"
        announce(f"error: {FkdError(problem, f'please report it with {file.name}')}")
        return 1
    return 0
