"""Running a kernel on Kaggle: pushed, followed to its end, and its output fetched."""

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from kaggle_fkd.competition.kaggle.client import client_calls, connect, is_quiet
from kaggle_fkd.competition.kaggle.credentials import redact
from kaggle_fkd.competition.submission import read_submission
from kaggle_fkd.errors import KaggleBusyError, KaggleError, SubmissionError
from kaggle_fkd.system import connection_watch
from kaggle_fkd.system.console import announce, log
from kaggle_fkd.system.files import replaced_folder
from kaggle_fkd.system.reading import read_file

if TYPE_CHECKING:
    from kaggle.api.kaggle_api_extended import KaggleApi

POLL_S = 30.0
"""Polling interval, in seconds."""
INSIDE = r"\A(?!/)(?!(.*/)?\.\.(/|\Z))[^\\:]+\Z"
"""The names of files that are fetched: the client would write others outside of the folder."""
SHOWN = 20
"""Lines of the log that are shown of a kernel that failed."""
RUNNING = ("queued", "running", "new_script", "cancel_requested")
"""The states of a kernel that has not ended, as the client names them."""
SUBMISSION = "submission.csv"


def user_name() -> str:
    """The name on Kaggle that the credentials are of; raises what `connect` raises."""
    name = connect().get_config_value("username")
    if not name:
        raise KaggleError("the credentials do not say whose they are", "give it with --user")
    return str(name)


def run_kernel(kernel: str, folder: Path, output: Path, poll_s: float = POLL_S) -> Path:
    """Push the kernel in `folder`, wait for its end, and fetch what it made; its submission.

    `kernel` is its name, USER/SLUG. Raises KaggleError if Kaggle refuses it, or if it fails: the
    last lines of its log are shown then. Ctrl-C leaves it running, as does Kaggle's refusal to say
    how it is.
    """
    api = connect()
    with client_calls():
        answer = api.kernels_push(str(folder))
    if answer.error or answer.invalid_competition_sources:
        reason = answer.error or "it cannot use the competition's data"
        raise KaggleError(
            f"Kaggle refuses the kernel {kernel}: {redact(str(reason))}",
            "accept the competition's rules, or choose another --title",
        )
    if not answer.url:
        raise KaggleError(
            f"Kaggle does not say whether the kernel {kernel} was pushed",
            f"look for it: kaggle kernels status {kernel}",
        )
    page = redact(str(answer.url))
    announce(f"pushed: {page} (version {answer.version_number})")
    try:
        state, problem = _wait(api, kernel, poll_s)
    except (KeyboardInterrupt, KaggleError):
        announce(f"the kernel runs on: kaggle kernels status {kernel}")
        raise
    lines: list[str] = []
    try:
        with replaced_folder(output) as new, client_calls(new):
            api.kernels_output(kernel, str(new), INSIDE, force=True, quiet=is_quiet())
        log.info("%s: the kernel's output", output)
        lines = log_lines(output / f"{kernel.partition('/')[2]}.log")
    except KaggleError:  # then the log in the folder is that of an earlier kernel
        if state == "complete":
            raise
    if state != "complete":
        announce(*lines[-SHOWN:])
        raise KaggleError(
            f"the kernel {kernel} has ended with {state}{problem and f': {problem}'}",
            f"see its log: {page}",
        )
    submission = output / SUBMISSION
    if not submission.is_file():
        raise KaggleError(f"the kernel {kernel} has made no {SUBMISSION}", f"see {page}")
    try:
        read_submission(submission)
    except SubmissionError as error:  # the client stores any answer, that of an error too
        submission.unlink()
        raise KaggleError(redact(error.problem), f"download it from {page}") from error
    return submission


def _wait(api: "KaggleApi", kernel: str, poll_s: float) -> tuple[str, str]:
    """How the kernel ended, and what Kaggle says of it.

    Raises KaggleBusyError when Kaggle has not answered for `PATIENCE_S`.
    """
    state, answered = "", time.monotonic()
    log.info("waiting for the kernel to end (Ctrl-C leaves it running)")
    while True:
        time.sleep(poll_s)
        try:
            with client_calls():
                answer = api.kernels_status(kernel)
            answered = time.monotonic()
        except KaggleBusyError as error:
            # It runs on: a lost connection must not look like its end.
            if time.monotonic() - answered > connection_watch.PATIENCE_S:
                raise
            log.info("no status of the kernel yet: %s", error.problem)
            continue
        if answer.status.name.lower() != state:
            state = answer.status.name.lower()
            log.info("the kernel is %s", state)
        if state not in RUNNING:
            return state, redact(answer.failure_message or "")


def log_lines(file: Path) -> list[str]:
    """The lines of a kernel's log, which is a JSON list of pieces, or plain text."""
    try:
        text = read_file(file).decode(errors="replace")
    except OSError:
        return []
    with suppress(ValueError, TypeError, KeyError, RecursionError):
        text = "".join(piece["data"] for piece in json.loads(text))
    return redact(text).splitlines()
