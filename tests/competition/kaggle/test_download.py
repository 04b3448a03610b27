"""The download with the real client against a server that does as it is told."""

import time
from pathlib import Path

import pytest
from support.kaggle_client import (
    SINCE_2_2,
    UNTIDY,
    environment_of,
    run_python,
    start_python,
)
from support.kaggle_download import DOWNLOAD
from support.kaggle_server import LOGIN_PATH, MIB, a_bundle

from kaggle_fkd.competition.archive import BUNDLE, SLUG
from kaggle_fkd.competition.kaggle.download import download_bundle
from kaggle_fkd.competition.kaggle.pages import RULES_PAGE
from kaggle_fkd.errors import FkdError

pytestmark = UNTIDY
RULES = "You must accept this competition's rules before you'll be able to download files."


def download(env, folder):
    """The bundle's path, or the error's kind and message."""
    with environment_of(env):
        try:
            return {"bundle": str(download_bundle(folder))}
        except FkdError as error:
            return {"error": type(error).__name__, "message": str(error)}


def kill_when_half_is_there(env, folder):
    """Start a download and kill it, as kill -9 does, once two of its mebibytes are on disk."""
    process = start_python(DOWNLOAD, env, folder)
    bundle = folder / BUNDLE
    deadline = time.monotonic() + 30
    while not (bundle.exists() and bundle.stat().st_size >= 2 * MIB):
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.02)
    process.kill()
    process.communicate()


def test_the_bundle_arrives_as_it_is(kaggle_server, kaggle_env, folder):
    path = Path(download(kaggle_env, folder)["bundle"])
    assert path.parent == folder
    assert path.name == f"{SLUG}.zip"
    assert path.read_bytes() == kaggle_server.bundle
    [request] = kaggle_server.of("DownloadDataFiles")
    assert request.json == {"competitionName": SLUG}


def test_the_clients_prints_stay_off_stdout(kaggle_server, kaggle_env, folder):
    set_up = "from kaggle_fkd.system.console import set_up; set_up(quiet=False)"
    outcome = run_python(set_up + DOWNLOAD, kaggle_env, folder)
    assert outcome.result["bundle"]
    assert "Downloading" in outcome.stderr


@SINCE_2_2
def test_a_killed_download_continues_from_where_it_stopped(kaggle_server, kaggle_env, folder):
    kaggle_server.cuts, kaggle_server.stalls = [5 * MIB // 2], True
    kill_when_half_is_there(kaggle_env, folder)
    path = Path(download(kaggle_env, folder)["bundle"])
    assert path.read_bytes() == kaggle_server.bundle
    assert kaggle_server.requests[-1].headers["Range"] == f"bytes={2 * MIB}-"


@SINCE_2_2
def test_a_bundle_that_changed_meanwhile_is_fetched_afresh(kaggle_server, kaggle_env, folder):
    kaggle_server.cuts, kaggle_server.stalls = [5 * MIB // 2], True
    kill_when_half_is_there(kaggle_env, folder)
    kaggle_server.etag, kaggle_server.bundle = '"second"', a_bundle(4 * MIB)
    path = Path(download(kaggle_env, folder)["bundle"])
    assert path.read_bytes() == kaggle_server.bundle
    assert "Range" not in kaggle_server.requests[-1].headers


@SINCE_2_2
def test_a_login_page_leaves_the_first_half_of_a_download_alone(kaggle_server, kaggle_env, folder):
    kaggle_server.cuts, kaggle_server.stalls = [5 * MIB // 2], True
    kill_when_half_is_there(kaggle_env, folder)
    path, kaggle_server.bundle_path = kaggle_server.bundle_path, LOGIN_PATH
    assert "login page" in download(kaggle_env, folder)["message"]
    kaggle_server.bundle_path = path
    assert Path(download(kaggle_env, folder)["bundle"]).read_bytes() == kaggle_server.bundle
    assert kaggle_server.requests[-1].headers["Range"] == f"bytes={2 * MIB}-"


@SINCE_2_2
def test_a_misspelt_proxy_leaves_the_first_half_of_a_download_alone(
    kaggle_server, kaggle_env, folder
):
    kaggle_server.cuts, kaggle_server.stalls = [5 * MIB // 2], True
    kill_when_half_is_there(kaggle_env, folder)
    misspelt = kaggle_env | {"http_proxy": "http://127.0.0.1:port"}
    assert "connection to Kaggle failed" in download(misspelt, folder)["message"]
    assert (folder / BUNDLE).stat().st_size >= 2 * MIB
    assert Path(download(kaggle_env, folder)["bundle"]).read_bytes() == kaggle_server.bundle
    assert kaggle_server.requests[-1].headers["Range"] == f"bytes={2 * MIB}-"


@SINCE_2_2
def test_a_download_survives_a_lost_connection(kaggle_server, kaggle_env, folder):
    kaggle_server.cuts = [5 * MIB // 2]
    path = Path(download(kaggle_env, folder)["bundle"])
    assert path.read_bytes() == kaggle_server.bundle
    assert len(kaggle_server.of("archive.zip")) == 2


def test_a_complete_bundle_is_not_fetched_twice(kaggle_server, kaggle_env, folder):
    first = download(kaggle_env, folder)
    modified = Path(first["bundle"]).stat().st_mtime_ns
    second = download(kaggle_env, folder)
    assert second == first
    assert Path(first["bundle"]).stat().st_mtime_ns == modified


@pytest.mark.parametrize(
    ("status", "said", "told"),
    [
        (401, "Unauthorized", ["KAGGLE_USERNAME with KAGGLE_KEY", "make a token"]),
        (403, RULES, ["rules are not accepted", RULES_PAGE]),
        (403, "Permission 'competitions.get' was denied", ["denies access", RULES_PAGE]),
        (404, "Not found", ["does not find"]),
        (500, "Internal error", ["internal error", "wait"]),
    ],
)
def test_a_refusal_ends_in_one_message_with_the_remedy(
    kaggle_server, kaggle_env, folder, status, said, told
):
    kaggle_server.refusals["DownloadDataFiles"] = (status, said)
    result = download(kaggle_env, folder)
    assert result["error"] == ("KaggleBusyError" if status == 500 else "KaggleError")
    for words in (*told, f"{status}: {said}"):
        assert words in result["message"]


@pytest.mark.parametrize("in_place", [True, False])
def test_a_login_page_is_not_taken_for_the_bundle(kaggle_server, kaggle_env, folder, in_place):
    if in_place:
        kaggle_server.bundle = b"<html>Please log in</html>"
    else:
        kaggle_server.bundle_path = LOGIN_PATH
    result = download(kaggle_env, folder)
    assert result["error"] == "KaggleError"
    assert "login page" in result["message"]
    assert not list(folder.iterdir())


def test_a_download_that_is_not_a_zip_is_removed(kaggle_server, kaggle_env, folder):
    kaggle_server.bundle = b"PK, but no zip"
    assert "not a zip archive" in download(kaggle_env, folder)["message"]
    assert not list(folder.iterdir())


def test_an_unreachable_network_is_reported(kaggle_env, folder):
    env = kaggle_env | {"http_proxy": "http://127.0.0.1:9"}
    result = download(env, folder)
    assert result["error"] == "KaggleBusyError"
    assert "connection to Kaggle failed" in result["message"]
    assert "Connection refused" in result["message"]
    assert "HTTPConnectionPool" not in result["message"]


def test_a_download_that_stalls_is_given_up(kaggle_server, kaggle_env, folder):
    kaggle_server.cuts, kaggle_server.stalls = [5 * MIB // 2], True
    impatient = "from kaggle_fkd.system import connection_watch as it; it.PATIENCE_S = 2\n"
    outcome = run_python(impatient + DOWNLOAD, kaggle_env, folder)
    assert "was given up: less than 1 MiB arrived in 2 seconds" in outcome.result["message"]
