"""Kaggle's scores of a submission, and the wait for them.

The competition is over, so every submission is a late one: public and private score both come
back, and neither enters the leaderboard.
"""

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kaggle_fkd.competition.archive import SLUG
from kaggle_fkd.competition.kaggle.client import client_calls
from kaggle_fkd.competition.kaggle.credentials import redact
from kaggle_fkd.errors import KaggleError
from kaggle_fkd.system import connection_watch
from kaggle_fkd.system.console import log

if TYPE_CHECKING:
    from kaggle.api.kaggle_api_extended import KaggleApi

REF = re.compile("[1-9][0-9]{0,17}")
"""How Kaggle spells the number of a submission."""
WAIT_S = 600.0
"""Longest wait for the scores, in seconds."""
POLL_S = 5.0
"""Polling interval, in seconds. Kaggle scores this competition's files within seconds; asking
more often would provoke a 429."""


@dataclass(frozen=True)
class Score:
    """Kaggle's result for one submission."""

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


def wait_for_score(
    api: "KaggleApi", pending: Score, wait_s: float = WAIT_S, poll_s: float = POLL_S
) -> Score:
    """Ask every `poll_s` seconds until the submission is scored or `wait_s` seconds have passed.

    The wait also ends when Kaggle has not listed the submission for `PATIENCE_S`.
    """
    score = pending
    log.info("waiting for the scores of submission %d (Ctrl-C loses nothing)", score.ref)
    listed = time.monotonic()
    deadline = listed + wait_s
    while (
        score.status == "pending"
        and time.monotonic() < min(deadline, listed + connection_watch.PATIENCE_S)
    ):  # fmt: skip
        time.sleep(poll_s)
        try:
            if answer := _ask(api, score):
                score, listed = answer, time.monotonic()
        except KaggleError as error:
            # The file is submitted: a lost connection must not look like a failed submission.
            log.info("no status of submission %d yet: %s", score.ref, error.problem)
    return score


def _ask(api: "KaggleApi", score: Score) -> Score | None:
    """The submission in Kaggle's list; None while it is not listed."""
    with client_calls():
        listed = api.competition_submissions(SLUG) or []
        for submission in listed:
            if submission.ref == score.ref:
                status = submission.status.name.lower()
                return Score(
                    score.ref,
                    # A status that is unknown here must not end the wait.
                    status if status in ("complete", "error") else "pending",
                    pixels(submission.public_score),
                    pixels(submission.private_score),
                    redact(submission.error_description),
                )
    return None


def pixels(score: str | None) -> float | None:
    """The number in a score as Kaggle spells it, None for an empty one and for what is not one."""
    try:
        number = float(score or "")
    except (TypeError, ValueError):
        return None
    return number if 0 <= number < float("inf") else None
