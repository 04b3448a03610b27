"""Udacity's archive of the youtube68 frames, from its address to a file."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from kaggle_fkd.errors import DataError
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.system.files import atomic_path

UDACITY_URL = (
    "https://s3.amazonaws.com/video.udacity-data.com/topher/2018/May/"
    "5aea1b91_train-test-data/train-test-data.zip"
)
TIMEOUT_S = 30
"""Seconds of silence after which the connection counts as lost."""
CHUNK = 1 << 20


def download_udacity(target: Path, url: str = UDACITY_URL) -> Path:
    """Fetch the archive to the file `target`, which appears whole or not at all.

    Raises DataError when the address cannot be reached, answers with an error, or gives
    something that is no zip; FkdError when the disk refuses.
    """
    with atomic_path(target) as temporary:
        with temporary.open("wb") as file:
            for chunk in _chunks(url):
                file.write(chunk)
        if not zipfile.is_zipfile(temporary):
            raise DataError(f"{url}: what came is no zip, or not all of one", _by_hand(url))
    log.info("downloaded: %s", target)
    return target


def _chunks(url: str) -> Iterator[bytes]:
    """What the address gives; DataError for whatever the network or the server objects."""
    import requests

    try:
        with requests.get(url, stream=True, timeout=TIMEOUT_S) as answer:
            answer.raise_for_status()
            total = int(answer.headers.get("Content-Length", 0)) // CHUNK or None
            yield from progress(answer.iter_content(CHUNK), "downloading, in MiB", total)
    except requests.RequestException as error:
        raise DataError(f"{url}: download failed ({error})", _by_hand(url)) from error


def _by_hand(url: str) -> str:
    return f"check the network, or fetch {url} in a browser and name that file"
