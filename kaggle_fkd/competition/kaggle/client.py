"""The Kaggle client: imported when it is needed, authenticated, and kept from printing secrets.

`import kaggle` authenticates, may call the network and ends the program without credentials,
so the client is imported by `connect` alone. Whatever it raises becomes one `KaggleError`.
"""

import io
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

from kaggle_fkd.competition.kaggle.credentials import find_credentials, home_folder, redact
from kaggle_fkd.competition.kaggle.pages import GET_TOKEN
from kaggle_fkd.competition.kaggle.problems import CONTINUES, explain
from kaggle_fkd.errors import FkdError, KaggleBusyError, KaggleError, NoCredentialsError
from kaggle_fkd.system.connection_watch import connection_watched
from kaggle_fkd.system.console import log

if TYPE_CHECKING:
    from kaggle.api.kaggle_api_extended import KaggleApi


def connect() -> "KaggleApi":
    """The authenticated client.

    Raises NoCredentialsError if the client would find no credentials, KaggleError if they are
    malformed or rejected, or if Kaggle cannot be reached.
    """
    found = find_credentials()
    if found is None:
        raise NoCredentialsError(
            "no Kaggle credentials: neither KAGGLE_API_TOKEN, ~/.kaggle/access_token, "
            "KAGGLE_USERNAME with KAGGLE_KEY, kaggle.json nor a `kaggle auth login`",
            GET_TOKEN,
        )
    if found.fault:
        raise KaggleError(f"bad Kaggle credentials: {found.source} {found.fault}", GET_TOKEN)
    # On failure the client prints a page of help, once at import and once more when asked.
    prints = io.StringIO()
    with client_calls(), redirect_stdout(prints):
        with _settings_folder():
            from kaggle.api.kaggle_api_extended import KaggleApi

        api = KaggleApi()
        api.authenticate()
    for line in dict.fromkeys(redact(prints.getvalue()).splitlines()):
        log.info(line)
    return api


@contextmanager
def client_calls(folder: Path | None = None) -> Iterator[None]:
    """Around calls of the client: its exceptions become KaggleError, its prints go to stderr.

    Secrets are hidden in both: with VERBOSE=1 in the environment the client prints its headers.
    Calls that make no progress are given up; `folder` is where they store what they download.
    """
    stderr = sys.stderr and cast("TextIO", _Redacting(sys.stderr))
    try:
        with (
            redirect_stdout(stderr),
            redirect_stderr(stderr),
            connection_watched(_given_up, lambda: _size_of(folder) if folder else 0),
        ):
            yield
    except FkdError:
        raise
    except (Exception, SystemExit) as error:
        raise explain(error) from error


def is_quiet() -> bool:
    """True if the client should show neither its progress bar nor its notices."""
    return not log.isEnabledFor(logging.INFO)


def _given_up(problem: str) -> KaggleBusyError:
    return KaggleBusyError(
        f"the connection to Kaggle was given up: {problem}",
        f"check the network, then try again; {CONTINUES}",
    )


def _size_of(folder: Path) -> int:
    """The bytes of its files, as far as they are written."""
    return sum(path.stat().st_size for path in folder.glob("*") if path.is_file())


class _Redacting:
    """A text stream that hides secrets in what is written to it.

    They are looked up for every text: the client may store a new token in the middle of a call.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(redact(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _settings_folder() -> Iterator[None]:
    """Around the import of the client, which makes a folder for its settings.

    Without a home folder it would make one named `~` in the working directory, or fail there.
    """
    if home_folder() or {"KAGGLE_CONFIG_DIR", "XDG_CONFIG_HOME"} & os.environ.keys():
        yield
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CONFIG_HOME"] = folder
        try:
            yield
        finally:
            del os.environ["XDG_CONFIG_HOME"]
