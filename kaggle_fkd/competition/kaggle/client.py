"""The way to Kaggle: credentials, the client, the competition's bundle, and what can go wrong.

`import kaggle` authenticates, may call the network and ends the program without credentials,
so the client is imported by `connect` alone. Whatever it raises becomes one `KaggleError`.
"""

import errno
import io
import json
import logging
import os
import re
import shutil
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kaggle_fkd.competition.archive import BUNDLE, SLUG, is_web_page
from kaggle_fkd.errors import FkdError, KaggleError, NoCredentialsError
from kaggle_fkd.system.console import log

if TYPE_CHECKING:
    from kaggle.api.kaggle_api_extended import KaggleApi
    from requests import Response

COMPETITION_PAGE = f"https://www.kaggle.com/competitions/{SLUG}"
RULES_PAGE = f"{COMPETITION_PAGE}/rules"
SUBMISSIONS_PAGE = f"{COMPETITION_PAGE}/submissions"
TOKEN_PAGE = "https://www.kaggle.com/settings/api"

_GET_TOKEN = (
    f"make a token at {TOKEN_PAGE}, then set KAGGLE_API_TOKEN to it or save it as "
    "~/.kaggle/access_token"
)
_AGAIN = "run the same command again"


def credentials_source() -> str | None:
    """Where the client would find credentials, or None; asks neither the client nor the network.

    The first usable place in the client's own order, else the first one that is there but
    broken: half a username-and-key pair, an empty token file, a damaged `kaggle.json`.
    """
    return _credentials()[0]


def connect() -> "KaggleApi":
    """The authenticated client.

    Raises NoCredentialsError where it would find none, KaggleError where they are broken or
    refused, or where Kaggle cannot be reached.
    """
    source, fault = _credentials()
    if source is None:
        raise NoCredentialsError(
            "no Kaggle credentials: neither KAGGLE_API_TOKEN, ~/.kaggle/access_token, "
            "KAGGLE_USERNAME with KAGGLE_KEY, kaggle.json nor a `kaggle auth login`",
            _GET_TOKEN,
        )
    if fault:
        raise KaggleError(f"bad Kaggle credentials: {source} {fault}", _GET_TOKEN)
    # On failure the client prints a page of help, once at import and once more when asked.
    prints = io.StringIO()
    with client_calls(), redirect_stdout(prints):
        from kaggle.api.kaggle_api_extended import KaggleApi

        api = KaggleApi()
        api.authenticate()
    for line in dict.fromkeys(prints.getvalue().splitlines()):
        log.info(line)
    return api


def download_bundle(folder: Path) -> Path:
    """Download the competition's bundle into `folder`, made if need be, and return its path.

    An interrupted download leaves its bytes there, and the next call goes on from them. The
    folder should be private to downloads: the client gives a web page odd names and subfolders.
    The caller checks what the zip holds and takes it away. Raises KaggleError.
    """
    api = connect()
    log.info("downloading %s from Kaggle", BUNDLE)
    with client_calls():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            api.competition_download_files(SLUG, path=str(folder), quiet=is_quiet())
        except ValueError as error:
            # The client took an error page for the rest of the file; it would go on from there.
            (folder / BUNDLE).unlink(missing_ok=True)
            raise KaggleError(f"{BUNDLE} did not arrive whole: {error}", _AGAIN) from error
        return _arrived(folder)


@contextmanager
def client_calls() -> Iterator[None]:
    """Around calls of the client: its prints go to stderr, its exceptions become KaggleError."""
    try:
        with redirect_stdout(sys.stderr):
            yield
    except FkdError:
        raise
    except (Exception, SystemExit) as error:
        raise explain(error) from error


def is_quiet() -> bool:
    """Whether the client should keep its progress bar and notices to itself."""
    return not log.isEnabledFor(logging.INFO)


def explain(error: BaseException) -> KaggleError:
    """What went wrong in a call of the client, and the remedy."""
    import requests
    from urllib3.exceptions import HTTPError as Urllib3Error

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return _explain_answer(error.response, str(error))
    if isinstance(error, SystemExit):
        return _refused_credentials("expired, revoked or mistyped")
    if isinstance(error, ImportError):
        return KaggleError(
            f"the Kaggle client cannot be imported: {error}",
            "install it: pip install -r requirements.txt",
        )
    if isinstance(error, json.JSONDecodeError):
        return KaggleError(
            "what answered is not Kaggle's API (a web page, most likely)",
            f"log in to the network or mend the proxy in between, then {_AGAIN}",
        )
    if isinstance(error, requests.RequestException | Urllib3Error | ConnectionError | TimeoutError):
        return KaggleError(
            f"the connection to Kaggle failed or was lost: {_first_cause(error)}",
            f"check the network, then {_AGAIN}; a download goes on from where it stopped",
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return KaggleError(
            f"the disk is full: {error}",
            f"free some space, then {_AGAIN}; a download goes on from where it stopped",
        )
    if isinstance(error, OSError):
        return KaggleError(
            f"a file of the Kaggle client cannot be read or written: {error}",
            "check that it may be written to, or choose another folder",
        )
    return KaggleError(
        f"the Kaggle client failed: {type(error).__name__}: {error}",
        "update it (pip install --upgrade kaggle) and try again",
    )


def _explain_answer(answer: "Response", summary: str) -> KaggleError:
    """The same for an answer with a status of 400 or more."""
    status, message = answer.status_code, _server_message(answer) or summary
    said = f"Kaggle answered {status}: {message}"
    # "Submission not allowed: Your team has used its daily Submission allowance (5) today,
    # please try again tomorrow UTC (4.2 hours from now)." comes as a 400.
    if re.search(r"submission (allowance|limit)|submissions (today|per day)", message, re.I):
        return KaggleError(
            f"the daily limit of submissions is reached ({said})",
            "send the same file after midnight UTC, when Kaggle starts to count anew",
        )
    if status == 401:
        return _refused_credentials(said)
    if status == 403 and "rules" in message.lower():
        return KaggleError(
            f"the competition's rules are not accepted yet ({said})",
            f"accept them at {RULES_PAGE} (join the competition), then {_AGAIN}",
        )
    if status == 403:
        return KaggleError(
            f"Kaggle denies access ({said})",
            f"accept the rules at {RULES_PAGE}, verify your account's telephone number, and "
            f"check that the token may do this: {TOKEN_PAGE}",
        )
    if status == 404:
        return KaggleError(
            f"Kaggle does not find the competition or its files ({said})",
            f"look at {COMPETITION_PAGE}; if it is there, pip install --upgrade kaggle",
        )
    if status == 429 or status >= 500:
        return KaggleError(
            f"Kaggle is busy or has a fault of its own ({said})",
            f"wait some minutes, then {_AGAIN}",
        )
    return KaggleError(said, f"mend what it names, then {_AGAIN}")


def _refused_credentials(reason: str) -> KaggleError:
    return KaggleError(
        f"Kaggle refuses the credentials of {credentials_source()}: {reason}", _GET_TOKEN
    )


def _server_message(answer: "Response") -> str:
    """The server's own words, in either of Kaggle's two forms of error; "" without any."""
    try:
        body = answer.json()
        return str(body.get("error", body)["message"])
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""


def _first_cause(error: BaseException) -> BaseException:
    """The exception that started the chain: "Connection refused" in place of a nest of pools."""
    while error.__context__ is not None:
        error = error.__context__
    return error


def _arrived(folder: Path) -> Path:
    """The whole bundle in `folder`; KaggleError, with the rubbish removed, for anything else."""
    bundle, marker = folder / BUNDLE, folder / f"{BUNDLE}.kaggle-partial"
    # The client drops its marker once every byte is there. With the marker, the bundle is what
    # an earlier call left; this call's answer has another name, from its address's last part.
    if zipfile.is_zipfile(bundle) and not marker.exists():
        return bundle
    unfinished = (bundle, marker) if marker.exists() else ()
    rubbish = [path for path in folder.iterdir() if path not in unfinished]
    files = [path for top in rubbish for path in (top, *top.rglob("*")) if path.is_file()]
    page = any(map(_is_web_page, files))
    for path in rubbish:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if page:
        raise KaggleError(
            f"a web page came in place of {BUNDLE}: Kaggle's login page, most likely",
            f"log in at {RULES_PAGE}, accept the rules, {_GET_TOKEN}; then {_AGAIN}",
        )
    raise KaggleError(f"what came in place of {BUNDLE} is no zip archive", _AGAIN)


def _is_web_page(path: Path) -> bool:
    with path.open("rb") as file:
        return is_web_page(file.read(512))


def _credentials() -> tuple[str | None, str]:
    """Where the credentials are, and what is wrong with them ("" for nothing)."""
    places = list(_places())
    usable = [place for place in places if not place[1]]
    return next(iter(usable or places), (None, ""))


def _places() -> Iterator[tuple[str, str]]:
    """Every place with credentials in the order of kaggle 2.2, and what is wrong with each."""
    environment, home = os.environ, Path.home() / ".kaggle"
    in_notebook = {"KAGGLE_KERNEL_RUN_TYPE", "KAGGLE_DATA_PROXY_URL"} <= environment.keys()
    if in_notebook and (token := environment.get("KAGGLE_API_V1_TOKEN")):
        yield f"KAGGLE_API_V1_TOKEN ({token})", _token_fault(Path(token))
    if token := environment.get("KAGGLE_API_TOKEN"):
        # os.path, for Path.exists raises where a token is too long to be a file's name.
        if os.path.exists(token):  # noqa: PTH110
            yield f"KAGGLE_API_TOKEN ({token})", _token_fault(Path(token))
        else:
            yield "KAGGLE_API_TOKEN", ""
    for path in (home / "access_token", home / "access_token.txt"):
        if path.exists():
            yield str(path), _token_fault(path)
    yield from _legacy_key()
    if (path := home / "credentials.json").exists():
        signed_in = _json_object(path).get("refresh_token")
        yield str(path), "" if signed_in else "holds no login: kaggle auth login"


def _legacy_key() -> Iterator[tuple[str, str]]:
    """The username and key, which may come from the environment, `kaggle.json` or one of each."""
    variables = {name: os.environ.get(f"KAGGLE_{name.upper()}") for name in ("username", "key")}
    path = _config_folder() / "kaggle.json"
    stored = _json_object(path)
    places = [f"KAGGLE_{name.upper()}" for name, value in variables.items() if value]
    if len(places) < len(variables) and path.exists():
        places.append(str(path))
    missing = [name for name, value in variables.items() if not (value or stored.get(name))]
    if places:
        yield " with ".join(places), f"gives no {' and no '.join(missing)}" if missing else ""


def _config_folder() -> Path:
    """The folder of `kaggle.json`: ~/.kaggle if it exists, else on Linux the XDG folder."""
    home = Path.home() / ".kaggle"
    if configured := os.environ.get("KAGGLE_CONFIG_DIR"):
        return Path(configured)
    if sys.platform.startswith("linux") and not home.exists():
        return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "kaggle"
    return home


def _token_fault(path: Path) -> str:
    try:
        return "" if path.read_text().strip() else "is an empty file"
    except (OSError, ValueError) as error:
        return f"cannot be read: {error}"


def _json_object(path: Path) -> dict[str, Any]:
    """The object in a JSON file; empty, as for the client, when there is none to be read."""
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
