"""Udacity's archive of video frames with 68 points: where it is, and its download."""

import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from kaggle_fkd.errors import DataError
from kaggle_fkd.system.connection_watch import connection_watched
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.system.files import atomic_path
from kaggle_fkd.system.secrets import hide, passwords_in, passwords_of_proxies
from kaggle_fkd.system.text import innermost_cause, without_password

UDACITY_URL = (
    "https://s3.amazonaws.com/video.udacity-data.com/topher/2018/May/"
    "5aea1b91_train-test-data/train-test-data.zip"
)
TIMEOUT_S = 30
"""Seconds without any data after which the connection counts as lost."""
CHUNK = 1 << 20


def youtube68_in(data_dir: Path) -> Path:
    """The path where Udacity's frames are, or will be stored.

    It is the folder youtube68 if that exists, youtube68.zip otherwise.
    """
    folder = data_dir / "youtube68"
    return folder if folder.is_dir() else folder.with_suffix(".zip")


def download_udacity(target: Path, url: str = UDACITY_URL) -> Path:
    """Download the archive to the file `target`, atomically, and return its path.

    Raises DataError if the address cannot be reached, answers with an error, does not give a zip,
    or gives it too slowly or without an end; FkdError if the file cannot be written.
    """
    with atomic_path(target) as temporary:
        with (
            temporary.open("wb") as file,
            connection_watched(partial(_failure, url), lambda: temporary.stat().st_size),
        ):
            for chunk in _chunks(url):
                file.write(chunk)
        if not zipfile.is_zipfile(temporary):
            raise _failure(url, "the download is not a zip, or is incomplete")
    log.info("downloaded: %s", target)
    return target


def _chunks(url: str) -> Iterator[bytes]:
    """The content at the address; raises DataError for any network or server error."""
    import requests

    try:
        with requests.get(url, stream=True, timeout=TIMEOUT_S) as answer:
            if not answer.ok:
                raise _failure(url, f"the server answered {answer.status_code} {answer.reason}")
            size = answer.headers.get("Content-Length", "")
            total = int(size) // CHUNK if size.isdecimal() else None
            yield from progress(answer.iter_content(CHUNK), "downloading, in MiB", total or None)
    # ValueError: urllib3's, for an address that requests lets through and urllib3 does not.
    except (requests.RequestException, ValueError) as error:
        raise _failure(url, f"the download failed: {innermost_cause(error)}") from error


def _failure(url: str, problem: str) -> DataError:
    shown = without_password(url)
    return DataError(
        f"{shown}: {hide(problem, [*passwords_in(url), *passwords_of_proxies()])}",
        f"check the network, or download {shown} in a browser and give that file instead",
    )
