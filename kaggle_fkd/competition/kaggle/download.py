"""Download the bundle, resuming an interrupted download."""

import json
import shutil
import zipfile
from pathlib import Path

from kaggle_fkd.competition.archive import BUNDLE, SLUG, is_web_page
from kaggle_fkd.competition.kaggle.client import client_calls, connect, is_quiet
from kaggle_fkd.competition.kaggle.credentials import redact
from kaggle_fkd.competition.kaggle.pages import GET_TOKEN, RULES_PAGE
from kaggle_fkd.errors import KaggleError
from kaggle_fkd.system.console import log


def download_bundle(folder: Path) -> Path:
    """Download the competition's bundle into `folder`, made if need be, and return its path.

    An interrupted download is resumed by the next call. The folder should be private to downloads:
    the client saves a web page under unpredictable names. The caller checks the content of the zip
    and moves it elsewhere. Raises KaggleError.
    """
    api = connect()
    log.info("downloading %s from Kaggle", BUNDLE)
    with client_calls(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            api.competition_download_files(SLUG, path=str(folder), quiet=is_quiet())
        except (OSError, json.JSONDecodeError):
            raise  # also ValueErrors, such as requests' InvalidURL; what has arrived is good
        except ValueError as error:
            # The size is wrong: the client has taken an error page for the rest of the file, and
            # would append to it.
            (folder / BUNDLE).unlink(missing_ok=True)
            raise KaggleError(
                redact(f"the download of {BUNDLE} is incomplete: {error}"), "try again"
            ) from error
        return _verified_bundle(folder)


def _verified_bundle(folder: Path) -> Path:
    """The complete bundle in `folder`. Raises KaggleError for anything else and deletes it."""
    bundle, marker = folder / BUNDLE, folder / f"{BUNDLE}.kaggle-partial"
    # The client deletes its marker once every byte has arrived. With the marker, the bundle is the
    # beginning that an earlier call left; this call's answer is named after the end of its address.
    if zipfile.is_zipfile(bundle) and not marker.exists():
        return bundle
    unfinished = (bundle, marker) if marker.exists() else ()
    leftovers = [path for path in folder.iterdir() if path not in unfinished]
    files = [path for top in leftovers for path in (top, *top.rglob("*")) if path.is_file()]
    page = any(map(_is_web_page, files))
    for path in leftovers:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if page:
        raise KaggleError(
            f"the download is a web page instead of {BUNDLE}: Kaggle's login page, most likely",
            f"log in at {RULES_PAGE}, accept the rules, {GET_TOKEN}; then try again",
        )
    raise KaggleError(f"the download is not a zip archive, so it cannot be {BUNDLE}", "try again")


def _is_web_page(path: Path) -> bool:
    with path.open("rb") as file:
        return is_web_page(file.read(512))
