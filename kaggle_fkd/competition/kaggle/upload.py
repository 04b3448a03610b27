"""Sending a submission to Kaggle, waiting for its scores, and the log of all that was sent.

The competition is over, so every submission is a late one: public and private score both come
back, and neither enters the leaderboard.
"""

import csv
import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kaggle_fkd.competition.archive import SLUG
from kaggle_fkd.competition.kaggle.client import SUBMISSIONS_PAGE, client_calls, connect, is_quiet
from kaggle_fkd.errors import FkdError, KaggleError, SubmissionError
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import sha256_of, write_text

if TYPE_CHECKING:
    from kaggle.api.kaggle_api_extended import KaggleApi

COLUMNS = ("time", "file", "sha256", "run", "message", "ref", "status", "public", "private")
"""Columns of `submissions/log.csv`, one row a submission; time in UTC, scores RMSE in pixels."""

WAIT_S = 600.0
POLL_S = 5.0
"""Kaggle scores this competition's files within seconds; more often would invite a 429."""


@dataclass(frozen=True)
class Score:
    """What Kaggle says of one submission."""

    ref: int
    """Kaggle's number of the submission."""
    status: str = "pending"
    """pending, complete or error."""
    public: float | None = None
    """RMSE in pixels over the public half of the test coordinates."""
    private: float | None = None
    """RMSE in pixels over the private half."""
    problem: str = ""
    """Kaggle's description of an error."""


def send(
    file: Path,
    message: str,
    run: str,
    log_file: Path,
    wait_s: float = WAIT_S,
    poll_s: float = POLL_S,
) -> Score:
    """Submit `file`, wait up to `wait_s` seconds for the scores, and keep `log_file` up to date.

    The submission is in the log before the wait begins, so that an interrupted wait loses
    nothing; if the scores are late, the score that comes back is pending. Raises KaggleError
    when the file was not submitted, SubmissionError when Kaggle finds an error in it, FkdError
    when the log cannot be kept.
    """
    _read_rows(log_file)  # a log that cannot be read is better known before the upload
    sent = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "file": str(file.resolve()),
        "sha256": sha256_of(file),
        "run": run,
        "message": message,
    }
    api = connect()
    pending = Score(_upload(api, file, message))
    log_submission(log_file, sent, pending)
    score = _wait(api, pending, wait_s, poll_s)
    log_submission(log_file, sent, score)
    if score.status == "error":
        raise SubmissionError(
            f"{file}: Kaggle finds an error in submission {score.ref}: {score.problem}",
            f"mend the file and submit it again; details are at {SUBMISSIONS_PAGE}",
        )
    if score.status == "pending":
        log.warning(
            "no score for submission %d after %g s; see %s", score.ref, wait_s, SUBMISSIONS_PAGE
        )
    return score


def log_submission(log_file: Path, sent: Mapping[str, str], score: Score) -> None:
    """Write the submission's row, in place of an earlier row of the same ref, else at the end.

    `sent` holds the columns before ref. Other rows, and columns that a person added, stay.
    """
    rows = _read_rows(log_file) or [list(COLUMNS)]
    header = rows[0]
    header.extend(column for column in COLUMNS if column not in header)
    cells = {**sent, "ref": str(score.ref), "status": score.status}
    cells["public"], cells["private"] = (
        "" if value is None else str(value) for value in (score.public, score.private)
    )
    at = header.index("ref")
    position = next(
        (i for i, row in enumerate(rows[1:], 1) if row[at : at + 1] == [cells["ref"]]), len(rows)
    )
    rows[position : position + 1] = [[cells.get(column, "") for column in header]]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_text(log_file, text.getvalue())


def _read_rows(log_file: Path) -> list[list[str]]:
    """Header and rows of the log as they are; a spreadsheet's BOM is dropped."""
    if not log_file.exists():
        return []
    try:
        with log_file.open(encoding="utf-8-sig", newline="") as lines:
            return [row for row in csv.reader(lines) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FkdError(
            f"{log_file}: cannot be read, so nothing can be added to it ({error})",
            "save it as CSV in UTF-8, or move it away and a new one is begun",
        ) from error


def _upload(api: "KaggleApi", file: Path, message: str) -> int:
    """Submit the file and return Kaggle's number of the submission."""
    log.info("sending %s to Kaggle", file)
    with client_calls():
        answer = api.competition_submit(str(file), message, SLUG, quiet=is_quiet())
    # A failed upload raises nothing: it comes back as this message.
    if answer.message == api.COMPETITION_SUBMIT_UPLOAD_FAILED_MESSAGE:
        raise KaggleError(
            f"the upload of {file} failed, nothing was submitted",
            "check the network, then run the same command again",
        )
    if not answer.ref:
        raise KaggleError(
            f"Kaggle gave no number to the submission of {file}: {answer.message}",
            f"see at {SUBMISSIONS_PAGE} whether it is there before you send it again",
        )
    return int(answer.ref)


def _wait(api: "KaggleApi", score: Score, wait_s: float, poll_s: float) -> Score:
    """Ask for the score until it is there or `wait_s` seconds are over."""
    log.info("waiting for the scores of submission %d (Ctrl-C loses nothing)", score.ref)
    deadline = time.monotonic() + wait_s
    while score.status == "pending" and time.monotonic() < deadline:
        time.sleep(poll_s)
        try:
            score = _ask(api, score)
        except KaggleError as error:
            # The file is submitted: a lost connection must not look like a failed submission.
            log.info("no news of submission %d yet: %s", score.ref, error.problem)
    return score


def _ask(api: "KaggleApi", score: Score) -> Score:
    """What Kaggle's list of submissions says now; `score` itself while it is not listed."""
    with client_calls():
        listed = api.competition_submissions(SLUG) or []
        for submission in listed:
            if submission.ref == score.ref:
                return Score(
                    score.ref,
                    submission.status.name.lower(),
                    _pixels(submission.public_score),
                    _pixels(submission.private_score),
                    submission.error_description,
                )
    return score


def _pixels(score: str) -> float | None:
    """A score as Kaggle spells it, empty while there is none."""
    return float(score) if score else None
