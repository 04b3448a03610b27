"""Sending a submission to Kaggle: nothing is sent without a row in the log."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kaggle_fkd.competition.archive import SLUG
from kaggle_fkd.competition.kaggle.client import client_calls, connect, is_quiet
from kaggle_fkd.competition.kaggle.credentials import redact
from kaggle_fkd.competition.kaggle.pages import SUBMISSIONS_PAGE
from kaggle_fkd.competition.kaggle.score import POLL_S, WAIT_S, Score, wait_for_score
from kaggle_fkd.competition.kaggle.submission_log import forget_submission, log_submission, read_log
from kaggle_fkd.errors import FkdError, KaggleError, SubmissionError
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import sha256_of

if TYPE_CHECKING:
    from kaggle.api.kaggle_api_extended import ApiCreateSubmissionResponse, KaggleApi

UPLOAD_FAILED = "Could not submit to competition"
"""The client's answer when the file could not be uploaded."""
LOOK_FIRST = f"before you send it again, check {SUBMISSIONS_PAGE} to see whether it was received"


def send(
    file: Path,
    message: str,
    run: str,
    log_file: Path,
    wait_s: float = WAIT_S,
    poll_s: float = POLL_S,
) -> Score:
    """Submit `file`, wait up to `wait_s` seconds for the scores, and keep `log_file` up to date.

    The log has the submission as "sending" before the upload and as "pending" before the wait,
    so that an interruption loses nothing; if the scores are late, the score that is returned is
    pending. Raises KaggleError if the file was not submitted or it is unknown whether it was,
    SubmissionError if it cannot be read or Kaggle finds an error in it, and FkdError if the log
    cannot be kept: its message says so if the file was sent nevertheless.
    """
    read_log(log_file)  # raises for a log that cannot be read, before anything is done
    sent = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "file": str(file.resolve()),
        "sha256": _digest(file),
        "run": run,
        "message": message,
    }
    api = connect()
    log_submission(log_file, sent, None)
    try:
        answer = _submit(api, file, message)
    except KaggleError as error:
        if _may_have_arrived(error.__cause__):
            raise KaggleError(
                f"it is unknown whether {file} was submitted: {error.problem}",
                f"{LOOK_FIRST}; {error.remedy}",
            ) from error
        forget_submission(log_file, sent)
        raise
    pending = Score(_ref(answer, file))
    _log_sent(log_file, sent, pending)
    score = wait_for_score(api, pending, wait_s, poll_s)
    _log_sent(log_file, sent, score)
    if score.status == "error":
        raise SubmissionError(
            f"{file}: Kaggle finds an error in submission {score.ref}: {score.problem}",
            f"correct the file and submit it again; details are at {SUBMISSIONS_PAGE}",
        )
    if score.status == "pending":
        log.warning("no score for submission %d yet; see %s", score.ref, SUBMISSIONS_PAGE)
    return score


def _digest(file: Path) -> str:
    """Hex sha256 of the file; SubmissionError if it cannot be read."""
    try:
        return sha256_of(file)
    except OSError as error:
        raise SubmissionError(
            f"{file} cannot be read: {error.strerror}; nothing was submitted",
            "check the file, or name another submission",
        ) from error


def _submit(api: "KaggleApi", file: Path, message: str) -> "ApiCreateSubmissionResponse":
    """Kaggle's answer to the submission of the file; raises KaggleError."""
    log.info("sending %s to Kaggle", file)
    with client_calls():
        answer = api.competition_submit(str(file), message, SLUG, quiet=is_quiet())
    # A failed upload raises nothing, but is reported by this message.
    if answer.message == UPLOAD_FAILED:
        raise KaggleError(
            f"the upload of {file} failed, and nothing was submitted",
            "check the network, then try again",
        )
    return answer


def _may_have_arrived(cause: BaseException | None) -> bool:
    """Whether Kaggle may have the submission although the client failed for this cause.

    Only the last of the client's requests, CreateSubmission, makes a submission, and a status from
    400 to 499 means that it did not. Without a request, the client was given up anywhere.
    """
    if cause is None:
        return False
    response, request = getattr(cause, "response", None), getattr(cause, "request", None)
    if response is not None and 400 <= response.status_code < 500:
        return False
    return request is None or str(request.url).endswith("/CreateSubmission")


def _ref(answer: "ApiCreateSubmissionResponse", file: Path) -> int:
    """Kaggle's number of the submission; KaggleError for an answer without one."""
    ref = str(answer.ref)
    if not re.fullmatch(r"[1-9][0-9]{0,17}", ref):
        raise KaggleError(
            f"it is unknown whether {file} was submitted: Kaggle gave no valid number "
            f"({ref[:40]!r}) and said: {redact(str(answer.message))}",
            LOOK_FIRST,
        )
    return int(ref)


def _log_sent(log_file: Path, sent: dict[str, str], score: Score) -> None:
    """Log a submission that Kaggle has; if that fails, the FkdError says that Kaggle has it."""
    try:
        log_submission(log_file, sent, score)
    except FkdError as error:
        scores = f", private RMSE {score.private}, public RMSE {score.public}"
        raise FkdError(
            f"submission {score.ref} WAS sent (status {score.status}"
            f"{scores if score.status == 'complete' else ''}), but not logged: {error.problem}",
            f"do not send it again: it is listed at {SUBMISSIONS_PAGE}; {error.remedy}",
        ) from error
