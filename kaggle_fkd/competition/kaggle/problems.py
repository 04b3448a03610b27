"""What can go wrong in calls of Kaggle's API, and what to do about it."""

import errno
import json
import re
from typing import TYPE_CHECKING

from kaggle_fkd.competition.kaggle.credentials import credentials_source, redact
from kaggle_fkd.competition.kaggle.pages import (
    COMPETITION_PAGE,
    GET_TOKEN,
    RULES_PAGE,
    TOKEN_PAGE,
)
from kaggle_fkd.errors import KaggleBusyError, KaggleError
from kaggle_fkd.system.text import innermost_cause

if TYPE_CHECKING:
    from requests import Response

CONTINUES = "an interrupted download is resumed"


def explain(error: BaseException) -> KaggleError:
    """The error of a call of the Kaggle client as a KaggleError without secrets.

    It is a KaggleBusyError if the same call may succeed later.
    """
    explained = _explain(error)
    return type(explained)(redact(explained.problem), explained.remedy)


def _explain(error: BaseException) -> KaggleError:
    import requests
    from urllib3.exceptions import HTTPError as Urllib3Error

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return _explain_response(error.response, str(error))
    if isinstance(error, ValueError) and isinstance(error.__context__, requests.HTTPError):
        return _explain(error.__context__)  # the client's own guess at why it was refused
    if isinstance(error, SystemExit):
        return _rejected_credentials("expired, revoked or mistyped")
    if isinstance(error, ImportError):
        return KaggleError(
            f"the Kaggle client cannot be imported: {error}",
            "install it: pip install -r requirements.txt",
        )
    if isinstance(error, json.JSONDecodeError):
        return KaggleBusyError(
            "the answer did not come from Kaggle's API (it is a web page, most likely)",
            "log in to the network or correct the proxy in between, then try again",
        )
    if isinstance(error, requests.RequestException | Urllib3Error | ConnectionError | TimeoutError):
        return KaggleBusyError(
            f"the connection to Kaggle failed or was lost: {innermost_cause(error)}",
            f"check the network, then try again; {CONTINUES}",
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return KaggleError(
            f"the disk is full: {error}", f"free some space, then try again; {CONTINUES}"
        )
    if isinstance(error, OSError):
        return KaggleError(
            f"the Kaggle client cannot read or write a file: {error}",
            "check that the file can be read and written, or choose another folder",
        )
    return KaggleError(
        f"the Kaggle client failed: {type(error).__name__}: {error}",
        "update it (pip install --upgrade kaggle) and try again",
    )


def _explain_response(response: "Response", summary: str) -> KaggleError:
    """Explain a response with status 400 or more."""
    status, message = response.status_code, _server_message(response) or summary
    answer = f"Kaggle answered {status}: {message}"
    # "Submission not allowed: Your team has used its daily Submission allowance (5) today,
    # please try again tomorrow UTC (4.2 hours from now)." comes as a 400.
    if re.search(r"submission (allowance|limit)|submissions (today|per day)", message, re.I):
        return KaggleError(
            f"the daily limit of submissions is reached ({answer})",
            "send the same file after midnight UTC, when the daily limit resets",
        )
    if status == 401:
        return _rejected_credentials(answer)
    if status == 403 and "rules" in message.lower():
        return KaggleError(
            f"the competition's rules are not accepted yet ({answer})",
            f"accept them at {RULES_PAGE} (join the competition), then try again",
        )
    if status == 403:
        return KaggleError(
            f"Kaggle denies access ({answer})",
            f"accept the rules at {RULES_PAGE}, verify your account's telephone number, and "
            f"check that the token may do this: {TOKEN_PAGE}",
        )
    if status == 404:
        return KaggleError(
            f"Kaggle does not find the competition or its files ({answer})",
            f"open {COMPETITION_PAGE}; if the page exists, run pip install --upgrade kaggle",
        )
    if status in (408, 429) or status >= 500:
        return KaggleBusyError(
            f"Kaggle is busy or has an internal error ({answer})",
            "wait some minutes, then try again",
        )
    return KaggleError(answer, "correct what it names, then try again")


def _rejected_credentials(reason: str) -> KaggleError:
    return KaggleError(
        f"Kaggle rejects the credentials of {credentials_source()}: {reason}", GET_TOKEN
    )


def _server_message(response: "Response") -> str:
    """The server's message, in either of Kaggle's two forms of an error; "" without one."""
    try:
        body = response.json()
        return str(body.get("error", body)["message"])
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""
