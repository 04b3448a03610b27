"""The messages of the command line: notices, banners, progress and errors, all on stderr.

stdout is reserved for results: scripts read the path of the submission from its last line.
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
from types import FrameType
from typing import Any, Protocol

from tqdm import tqdm

from kaggle_fkd.errors import FkdError, describe_unexpected, refused_by_system
from kaggle_fkd.system.text import without_password
from kaggle_fkd.system.warning_filters import ignore_pillow_warnings

log = logging.getLogger("kaggle_fkd")
"""The package's logger: `info` for progress (hidden in quiet mode), `warning` for what the user
must see, `error` for failures. Importing the package adds no handler to it."""

NOTICE = 35
"""Logging level of `announce`: above WARNING, so that quiet mode shows it, but not an error."""

_PREFIXES = {logging.WARNING: "warning: ", logging.ERROR: "error: "}


class _StderrHandler(logging.Handler):
    """Prints through tqdm, so that a line does not break a progress bar."""

    def emit(self, record: logging.LogRecord) -> None:
        tqdm.write(self.format(record), file=sys.stderr)


class _Formatter(logging.Formatter):
    """One line per record: the prefix of its level and the message, line breaks escaped."""

    def format(self, record: logging.LogRecord) -> str:
        return _PREFIXES.get(record.levelno, "") + _escape(record.getMessage())


def _escape(text: str) -> str:
    """The text with backslash escapes, as in a Python string, for control characters.

    File names and answers of servers may hold newlines and escape codes, which could forge a
    message or clear the screen, and bytes that are not UTF-8.
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def set_up(quiet: bool, errors_only: bool = False) -> None:
    """Send the log to stderr; with `quiet`, only warnings, notices and errors; or `errors_only`.

    Only a command line calls this: it changes the logger, a missing stderr, the filters of warnings
    and the answers to SIGTERM, as to Ctrl-C, and to ignored exceptions of this process.
    """
    ignore_pillow_warnings()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupt)
        # Windows has no pthread_kill, and pytest a hook of its own.
        if hasattr(signal, "pthread_kill") and sys.unraisablehook is sys.__unraisablehook__:
            sys.unraisablehook = _interrupt_again
    if sys.stderr is None:  # closed by whoever started the program
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115  # open as long as the process runs
    # tqdm would make it for the first message, and interrupted at that, fail with another error.
    tqdm.get_lock()
    handler = _StderrHandler()
    handler.setFormatter(_Formatter())
    log.handlers[:] = [handler]
    log.propagate = False
    level = logging.WARNING if quiet else logging.INFO
    log.setLevel(logging.ERROR if errors_only else level)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """What Ctrl-C does at this moment; an interruption, too, where it is ignored (`command &`)."""
    handler = signal.getsignal(signal.SIGINT)
    (handler if callable(handler) else signal.default_int_handler)(number, frame)


def _interrupt_again(ignored: "sys.UnraisableHookArgs") -> None:
    """Interrupt once more, soon, where Python reports and ignores it: in callbacks of weakref."""
    if not issubclass(ignored.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(ignored)
        return
    main = threading.main_thread().ident
    timer = threading.Timer(0.05, signal.pthread_kill, [main, signal.SIGTERM])
    timer.daemon = True
    timer.start()


class Progress(Protocol):
    """What a progress bar is told; the bars of tqdm satisfy it."""

    def reset(self, total: int) -> object:
        """Begin, with so many steps."""

    def update(self, n: int = 1) -> object:
        """Advance by `n` steps."""

    def set_postfix_str(self, s: str) -> object:
        """Show `s` behind the bar."""


def progress(
    items: Iterable[Any] | None, description: str, total: int | None = None, line: int | None = None
) -> "tqdm[Any]":
    """`items` behind a progress bar on stderr, which is hidden in quiet mode and off a terminal.

    Without items, the caller advances the bar with `update()`. `line` is the one, from 0, on which
    it is shown beside others.
    """
    on_a_terminal = sys.stderr is not None and sys.stderr.isatty()
    return tqdm(
        items,
        desc=description,
        total=total,
        file=sys.stderr,
        disable=not (on_a_terminal and log.isEnabledFor(logging.INFO)),
        dynamic_ncols=True,
        leave=False,
        position=line,
    )


def print_result(line: str) -> None:
    """Print a line to stdout, at once.

    If stdout's encoding lacks a character of a path, the bytes of the file system are written.
    """
    try:
        print(line, flush=True)
    except UnicodeEncodeError:
        sys.stdout.buffer.write(os.fsencode(f"{line}\n"))
        sys.stdout.buffer.flush()


def announce(*lines: str) -> None:
    """Log lines that are seen even in quiet mode, although nothing is wrong."""
    for line in lines:
        log.log(NOTICE, "%s", line)


def banner(*lines: str) -> None:
    """A framed notice that is seen even in quiet mode."""
    width = max(map(len, lines)) + 4
    frame = "*" * width
    announce("", frame, *(f"* {line:<{width - 4}} *" for line in lines), frame, "")


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Delay Ctrl-C to the end of the block, which imports a large library.

    An interrupted import of torch aborts the process; after one of numpy, which is
    then half imported, other code fails with a RecursionError.
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
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


@contextmanager
def interrupts_kept_from_children() -> Iterator[None]:
    """Ctrl-C does not reach processes that are started in the block: who started them ends them.

    This process is interrupted at the end of the block. (If it ignored Ctrl-C for the block, as its
    children would then, it would miss one.)
    """
    with interrupts_held():
        mask = getattr(signal, "pthread_sigmask", None)  # Windows has no masks to inherit
        if mask is None:
            yield
            return
        before = mask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            mask(signal.SIG_SETMASK, before)


def run_reporting_errors(
    work: Callable[[], None], redact: Callable[[str], str] = without_password
) -> int:
    """Call `work` and return the exit code of the process; a failure is reported in one line.

    The traceback of an unexpected error is written to a file, which the line names. `redact` gives
    both without secrets.
    """
    try:
        work()
    except FkdError as error:
        log.error("%s", redact(str(error)))
        return error.exit_code
    except KeyboardInterrupt:
        announce("interrupted")
        return 130
    except BrokenPipeError:
        # The reader of stdout is gone. Without this, Python would report it again at exit.
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115
        log.error("stdout was closed before all of the output could be written")
        return 1
    except (OSError, MemoryError) as error:
        log.error("%s", redact(str(refused_by_system(error))))
        return 1
    except Exception as error:
        problem, remedy = redact(describe_unexpected(error)), _kept(redact(traceback.format_exc()))
        log.error("%s", FkdError(problem, remedy))
        return 1
    return 0


def _kept(details: str) -> str:
    """What to do about an unexpected error, whose details are kept in a file if there is space."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="kaggle_fkd-", suffix=".log", delete=False, encoding="utf-8"
        ) as file:
            file.write(details)
    except OSError:
        return "please report it"
    return f"please report it with {file.name}"
