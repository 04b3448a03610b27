"""The download with the real client, in a subprocess, against a server that does as it is told."""

import base64
import errno
import json
import os
import time
from pathlib import Path

import pytest
import requests
from support.kaggle_server import LOGIN_PATH, MIB, a_bundle, run_python, start_python

from kaggle_fkd.competition.kaggle.client import (
    BUNDLE,
    RULES_PAGE,
    SLUG,
    credentials_source,
    explain,
)

DOWNLOAD = """
import json, sys
from pathlib import Path
from kaggle_fkd.errors import FkdError
from kaggle_fkd.competition.kaggle.client import credentials_source, download_bundle
try:
    result = {"bundle": str(download_bundle(Path(sys.argv[1])))}
except FkdError as error:
    result = {"error": type(error).__name__, "message": str(error)}
print(json.dumps(result | {"source": credentials_source()}))
"""
RULES = "You must accept this competition's rules before you'll be able to download files."


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data" / ".incoming"


def download(env, folder):
    """The bundle's path, or the error's kind and message; and where the credentials were."""
    return run_python(DOWNLOAD, env, folder).result


def kill_when_half_is_there(env, folder):
    """Start a download and kill it, as by kill -9, once two of its mebibytes are on disk."""
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


def test_a_killed_download_goes_on_from_where_it_stopped(kaggle_server, kaggle_env, folder):
    kaggle_server.cuts, kaggle_server.stalls = [5 * MIB // 2], True
    kill_when_half_is_there(kaggle_env, folder)
    path = Path(download(kaggle_env, folder)["bundle"])
    assert path.read_bytes() == kaggle_server.bundle
    assert kaggle_server.requests[-1].headers["Range"] == f"bytes={2 * MIB}-"


def test_a_bundle_that_changed_meanwhile_is_fetched_afresh(kaggle_server, kaggle_env, folder):
    kaggle_server.cuts, kaggle_server.stalls = [5 * MIB // 2], True
    kill_when_half_is_there(kaggle_env, folder)
    kaggle_server.etag, kaggle_server.bundle = '"second"', a_bundle(4 * MIB)
    path = Path(download(kaggle_env, folder)["bundle"])
    assert path.read_bytes() == kaggle_server.bundle
    assert "Range" not in kaggle_server.requests[-1].headers


def test_a_login_page_does_not_cost_the_half_that_is_there(kaggle_server, kaggle_env, folder):
    kaggle_server.cuts, kaggle_server.stalls = [5 * MIB // 2], True
    kill_when_half_is_there(kaggle_env, folder)
    path, kaggle_server.bundle_path = kaggle_server.bundle_path, LOGIN_PATH
    assert "login page" in download(kaggle_env, folder)["message"]
    kaggle_server.bundle_path = path
    assert Path(download(kaggle_env, folder)["bundle"]).read_bytes() == kaggle_server.bundle
    assert kaggle_server.requests[-1].headers["Range"] == f"bytes={2 * MIB}-"


def test_a_connection_lost_once_is_taken_up_again(kaggle_server, kaggle_env, folder):
    kaggle_server.cuts = [5 * MIB // 2]
    path = Path(download(kaggle_env, folder)["bundle"])
    assert path.read_bytes() == kaggle_server.bundle
    assert len(kaggle_server.of("archive.zip")) == 2


def test_a_bundle_that_is_there_is_not_fetched_twice(kaggle_server, kaggle_env, folder):
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
        (500, "Internal error", ["fault of its own", "wait"]),
    ],
)
def test_a_refusal_ends_in_one_message_with_the_remedy(
    kaggle_server, kaggle_env, folder, status, said, told
):
    kaggle_server.refusals["DownloadDataFiles"] = (status, said)
    result = download(kaggle_env, folder)
    assert result["error"] == "KaggleError"
    for words in (*told, f"{status}: {said}"):
        assert words in result["message"]


def test_no_credentials_is_an_error_of_its_own(kaggle_server, no_credentials_env, folder):
    result = download(no_credentials_env, folder)
    assert result["error"] == "NoCredentialsError"
    assert "KAGGLE_API_TOKEN" in result["message"]
    assert result["source"] is None
    assert not kaggle_server.requests


def test_a_token_that_kaggle_does_not_know_is_named(kaggle_server, no_credentials_env, folder):
    kaggle_server.token_is_active = False
    env = no_credentials_env | {"KAGGLE_API_TOKEN": "expired"}
    outcome = run_python(DOWNLOAD, env, folder)
    assert outcome.result["error"] == "KaggleError"
    assert "credentials of KAGGLE_API_TOKEN" in outcome.result["message"]
    assert not outcome.stderr


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


def test_what_is_no_zip_does_not_stay(kaggle_server, kaggle_env, folder):
    kaggle_server.bundle = b"PK, but no zip"
    assert "no zip archive" in download(kaggle_env, folder)["message"]
    assert not list(folder.iterdir())


def test_an_unreachable_network_is_said(kaggle_env, folder):
    env = kaggle_env | {"http_proxy": "http://127.0.0.1:9"}
    result = download(env, folder)
    assert result["error"] == "KaggleError"
    assert "connection to Kaggle failed" in result["message"]
    assert "Connection refused" in result["message"]
    assert "HTTPConnectionPool" not in result["message"]


def test_a_connection_lost_for_good_says_that_the_next_run_goes_on(kaggle_server):
    # The client itself gives up after a minute of retries; this is the exception it then raises.
    kaggle_server.cuts = [1000]
    proxy = {"http": f"http://127.0.0.1:{kaggle_server.port}"}
    with pytest.raises(requests.RequestException) as lost, requests.Session() as session:
        session.get("http://localhost/archive.zip", proxies=proxy)
    message = str(explain(lost.value))
    assert "lost" in message
    assert "run the same command again; a download goes on" in message


def test_a_full_disk_says_so():
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert "disk is full" in str(explain(error))
    assert "free some space" in str(explain(error))


OAUTH_LOGIN = {
    "refresh_token": "refresh",
    "access_token": "oauth",
    "access_token_expiration": "2999-01-01T00:00:00+00:00",
    "username": "someone",
}
KEY_PAIR = {"username": "someone", "key": "secret"}
BASIC = "Basic " + base64.b64encode(b"someone:secret").decode()

# Where credentials lie (files under the home folder, variables), what names them, and what the
# client then sends.
LAYOUTS = {
    "token": ({}, {"KAGGLE_API_TOKEN": "abc"}, "KAGGLE_API_TOKEN", "Bearer abc"),
    "token file": (
        {"tokens/one": "def\n"},
        {"KAGGLE_API_TOKEN": "{home}/tokens/one"},
        "KAGGLE_API_TOKEN ({home}/tokens/one)",
        "Bearer def",
    ),
    "access_token before kaggle.json": (
        {".kaggle/access_token": "ghi", ".kaggle/kaggle.json": json.dumps(KEY_PAIR)},
        {},
        "{home}/.kaggle/access_token",
        "Bearer ghi",
    ),
    "access_token.txt": (
        {".kaggle/access_token": "", ".kaggle/access_token.txt": "jkl"},
        {},
        "{home}/.kaggle/access_token.txt",
        "Bearer jkl",
    ),
    "kaggle.json": (
        {".kaggle/kaggle.json": json.dumps(KEY_PAIR)},
        {},
        "{home}/.kaggle/kaggle.json",
        BASIC,
    ),
    "XDG folder": (
        {".config/kaggle/kaggle.json": json.dumps(KEY_PAIR)},
        {},
        "{home}/.config/kaggle/kaggle.json",
        BASIC,
    ),
    "configured folder": (
        {"mine/kaggle.json": json.dumps(KEY_PAIR)},
        {"KAGGLE_CONFIG_DIR": "{home}/mine"},
        "{home}/mine/kaggle.json",
        BASIC,
    ),
    "half from each": (
        {".kaggle/kaggle.json": json.dumps({"username": "other", "key": "secret"})},
        {"KAGGLE_USERNAME": "someone"},
        "KAGGLE_USERNAME with {home}/.kaggle/kaggle.json",
        BASIC,
    ),
    "login": (
        {".kaggle/credentials.json": json.dumps(OAUTH_LOGIN), ".kaggle/kaggle.json": "{}"},
        {},
        "{home}/.kaggle/credentials.json",
        "Bearer oauth",
    ),
    "notebook": (
        {"v1": "mno", ".kaggle/access_token": "ghi"},
        {
            "KAGGLE_KERNEL_RUN_TYPE": "Interactive",
            "KAGGLE_DATA_PROXY_URL": "http://localhost",
            "KAGGLE_API_V1_TOKEN": "{home}/v1",
        },
        "KAGGLE_API_V1_TOKEN ({home}/v1)",
        "Bearer mno",
    ),
}


def lay_out(env, files, variables):
    """Write the files under the home folder and return the environment with the variables."""
    home = Path(env["HOME"])
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    return env | {name: value.format(home=home) for name, value in variables.items()}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_the_source_named_is_the_one_that_the_client_uses(
    kaggle_server, no_credentials_env, folder, layout
):
    files, variables, source, authorization = layout
    env = lay_out(no_credentials_env, files, variables)
    kaggle_server.refusals["DownloadDataFiles"] = (401, "Unauthorized")
    result = download(env, folder)
    assert result["source"] == source.format(home=env["HOME"])
    assert result["source"] in result["message"]
    [request] = kaggle_server.of("DownloadDataFiles")
    assert request.headers["Authorization"] == authorization


@pytest.mark.parametrize(
    ("files", "variables", "fault"),
    [
        ({}, {"KAGGLE_USERNAME": "someone"}, "KAGGLE_USERNAME gives no key"),
        ({}, {"KAGGLE_KEY": "secret"}, "KAGGLE_KEY gives no username"),
        ({".kaggle/kaggle.json": ""}, {}, "kaggle.json gives no username and no key"),
        ({".kaggle/kaggle.json": "[1]"}, {}, "kaggle.json gives no username and no key"),
        ({".kaggle/kaggle.json": '{"username": "x"}'}, {}, "kaggle.json gives no key"),
        ({".kaggle/access_token": "\n"}, {}, "access_token is an empty file"),
        ({".kaggle/credentials.json": "{}"}, {}, "credentials.json holds no login"),
    ],
)
def test_broken_credentials_are_not_missing_ones(
    no_credentials_env, folder, files, variables, fault
):
    result = download(lay_out(no_credentials_env, files, variables), folder)
    assert result["error"] == "KaggleError"
    assert fault in result["message"]
    assert result["source"]


def test_empty_variables_are_no_credentials(monkeypatch):
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY"):
        monkeypatch.setenv(name, "")
    assert credentials_source() is None
