"""Sending a submission to Kaggle: nothing is sent without a row in the log."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kaggle_fkd.competition.archive import SLUG
from kaggle_fkd.competition.kaggle.client import client_calls, connect, is_quiet
from kaggle_fkd.competition.kaggle.credentials import redact
from kaggle_fkd.competition.kaggle.pages import SUBMISSIONS_PAGE
from kaggle_fkd.competition.kaggle.score import POLL_S, REF, WAIT_S, Score, wait_for_score
from kaggle_fkd.competition.kaggle.submission_log import (
    SENT,
    forget_submission,
    log_submission,
    logged_submissions,
    score_in,
    sending_lock,
)
from kaggle_fkd.errors import FkdError, KaggleError, SubmissionError
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import sha256_of
from kaggle_fkd.system.lock import locked

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

    A file that the log has with a number of Kaggle's is not sent again: its scores are waited for,
    unless the log has them. Calls with the same log send one after the other.

    The log has the submission as "sending" before the upload and as "pending" before the wait,
    so that an interruption loses nothing; if the scores are late, the score that is returned is
    pending. Raises KaggleError if the file was not submitted or it is unknown whether it was,
    SubmissionError if it cannot be read or Kaggle finds an error in it, and FkdError if the log
    cannot be kept: its message says so if the file was sent nevertheless.
    """
    with locked(sending_lock(log_file)):
        return _send(file, message, run, log_file, wait_s, poll_s)


def _send(
    file: Path, message: str, run: str, log_file: Path, wait_s: float, poll_s: float
) -> Score:
    digest = _digest(file)
    # An unreadable log raises before anything is done.
    earlier = [
        row
        for row in logged_submissions(log_file)
        if row.get("sha256") == digest and row.get("status") != "error"
    ]
    if received := [(row, score) for row in earlier if (score := score_in(row))]:
        sent, score = received[-1]
        log.info("%s is submission %d already, and is not sent again", file, score.ref)
        if score.status == "complete":
            return score
        api = connect()
    else:
        if earlier:
            log.warning(
                "%s may have been submitted before, as an upload was cut off (%s): see %s",
                file, earlier[-1].get("time"), SUBMISSIONS_PAGE,
            )  # fmt: skip
        now = datetime.now(UTC).isoformat(timespec="seconds")
        sent = dict(zip(SENT, (now, str(file.resolve()), digest, run, message), strict=True))
        api = connect()
        score = _upload(api, file, sent, log_file)
    score = wait_for_score(api, score, wait_s, poll_s)
    _log_sent(log_file, sent, score)
    if score.status == "error":
        raise SubmissionError(
            f"{file}: Kaggle finds an error in submission {score.ref}: {score.problem}",
            f"correct the file and submit it again; details are at {SUBMISSIONS_PAGE}",
        )
    if score.status == "pending":
        log.warning(
            "no score for submission %d yet: repeat the command later, or see %s",
            score.ref, SUBMISSIONS_PAGE,
        )  # fmt: skip
    return score


def _upload(api: "KaggleApi", file: Path, sent: dict[str, str], log_file: Path) -> Score:
    """Submit the file; the pending score. The log has it before and afterwards."""
    log_submission(log_file, sent, None)
    try:
        answer = _submit(api, file, sent["message"])
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
    return pending


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
    if not REF.fullmatch(ref):
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
