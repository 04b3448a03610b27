"""Which credentials the real client uses, and that no message shows them."""

import base64
import json
from pathlib import Path

import pytest
from support.kaggle_client import SINCE_2_2, run_python
from support.kaggle_download import DOWNLOAD, download
from support.kaggle_server import ROOT

from kaggle_fkd.competition.kaggle.credentials import credentials_source, find_credentials


def test_missing_credentials_are_an_error_of_their_own(kaggle_server, no_credentials_env, folder):
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


TOKEN = "KGAT_0123456789abcdef"
OAUTH_LOGIN = {
    "refresh_token": "refresh",
    "access_token": "oauth",
    "access_token_expiration": "2999-01-01T00:00:00+00:00",
    "username": "someone",
}
KEY_PAIR = {"username": "someone", "key": "secret"}
BASIC = "Basic " + base64.b64encode(b"someone:secret").decode()
# Files under the home folder, variables, how messages name that place, and what the client sends.
LAYOUTS = {
    "token": ({}, {"KAGGLE_API_TOKEN": "abc"}, "KAGGLE_API_TOKEN", "Bearer abc"),
    "token file": (
        {"tokens/one": "def\n"},
        {"KAGGLE_API_TOKEN": "{home}/tokens/one"},
        "KAGGLE_API_TOKEN ({home}/tokens/one)",
        "Bearer def",
    ),
    "token file with Windows line ends": (
        {".kaggle/access_token": "def\r\n"},
        {},
        "{home}/.kaggle/access_token",
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

NEW_LAYOUTS = ("half from each", "login")
"""Those that older clients read otherwise."""


def lay_out(env, files, variables):
    """Write the files under the home folder and return the environment with the variables."""
    home = Path(env["HOME"])
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    return env | {name: value.format(home=home) for name, value in variables.items()}


@pytest.mark.parametrize(
    "layout",
    [
        pytest.param(layout, id=name, marks=SINCE_2_2 if name in NEW_LAYOUTS else ())
        for name, layout in LAYOUTS.items()
    ],
)
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
        ({}, {"KAGGLE_USERNAME": "someone"}, "KAGGLE_USERNAME does not contain a key"),
        ({}, {"KAGGLE_KEY": "secret"}, "KAGGLE_KEY does not contain a username"),
        ({".kaggle/kaggle.json": ""}, {}, "kaggle.json does not contain a username or a key"),
        ({".kaggle/kaggle.json": "[1]"}, {}, "kaggle.json does not contain a username or a key"),
        ({".kaggle/kaggle.json": '{"username": "x"}'}, {}, "kaggle.json does not contain a key"),
        ({".kaggle/access_token": "\n"}, {}, "access_token is an empty file"),
        ({".kaggle/credentials.json": "{}"}, {}, "credentials.json does not contain a login"),
    ],
)
def test_broken_credentials_are_not_missing_ones(
    no_credentials_env, folder, files, variables, fault
):
    result = download(lay_out(no_credentials_env, files, variables), folder)
    assert result["error"] == "KaggleError"
    assert fault in result["message"]
    assert result["source"]


# Credentials that the client would put into an HTTP header, whose error would then quote them.
NOT_SENDABLE = {
    "newline at the end": ({}, {"KAGGLE_API_TOKEN": f"{TOKEN}\n"}, "KAGGLE_API_TOKEN"),
    "carriage return": ({}, {"KAGGLE_API_TOKEN": f"{TOKEN}\r"}, "KAGGLE_API_TOKEN"),
    "newline inside": ({}, {"KAGGLE_API_TOKEN": f"{TOKEN}\n{TOKEN}"}, "KAGGLE_API_TOKEN"),
    "blank": ({}, {"KAGGLE_API_TOKEN": f" {TOKEN}"}, "KAGGLE_API_TOKEN"),
    "not ASCII": ({}, {"KAGGLE_API_TOKEN": f"{TOKEN}é"}, "KAGGLE_API_TOKEN"),
    "two lines in a file": (
        {".kaggle/access_token": f"{TOKEN}\n{TOKEN}\n"},
        {},
        "{home}/.kaggle/access_token",
    ),
    "two lines in a named file": (
        {"tokens/two": f"{TOKEN}\r\nsecond\r\n"},
        {"KAGGLE_API_TOKEN": "{home}/tokens/two"},
        "KAGGLE_API_TOKEN ({home}/tokens/two)",
    ),
    "key": (
        {},
        {"KAGGLE_USERNAME": "someone", "KAGGLE_KEY": f"{TOKEN}\n"},
        "KAGGLE_USERNAME with KAGGLE_KEY",
    ),
    "login": (
        {".kaggle/credentials.json": json.dumps(OAUTH_LOGIN | {"access_token": f"{TOKEN}\n"})},
        {},
        "{home}/.kaggle/credentials.json",
    ),
    "before usable ones": (
        {".kaggle/access_token": "usable"},
        {"KAGGLE_API_TOKEN": f"{TOKEN}\n"},
        "KAGGLE_API_TOKEN",
    ),
}


@pytest.mark.parametrize("layout", NOT_SENDABLE.values(), ids=NOT_SENDABLE)
def test_credentials_with_white_space_are_rejected_and_never_shown(
    kaggle_server, no_credentials_env, folder, layout
):
    files, variables, source = layout
    env = lay_out(no_credentials_env, files, variables)
    outcome = run_python(DOWNLOAD, env, folder)
    assert outcome.result["error"] == "KaggleError"
    assert f"{source.format(home=env['HOME'])} contains white space" in outcome.result["message"]
    assert TOKEN not in outcome.stdout + outcome.stderr
    assert not kaggle_server.requests


def test_a_token_given_as_the_name_of_its_file_is_not_shown(no_credentials_env, folder):
    in_notebook = {"KAGGLE_KERNEL_RUN_TYPE": "Batch", "KAGGLE_DATA_PROXY_URL": "http://localhost"}
    env = no_credentials_env | in_notebook | {"KAGGLE_API_V1_TOKEN": TOKEN}
    result = download(env, folder)
    assert "KAGGLE_API_V1_TOKEN does not name a file" in result["message"]
    assert result["source"] == "KAGGLE_API_V1_TOKEN"
    with_a_key = env | {"KAGGLE_USERNAME": "someone", "KAGGLE_KEY": "secret"}
    assert download(with_a_key, folder)["source"] == "KAGGLE_USERNAME with KAGGLE_KEY"


@pytest.mark.parametrize(
    "variables",
    [{"KAGGLE_API_TOKEN": TOKEN}, {"KAGGLE_USERNAME": "someone", "KAGGLE_KEY": TOKEN}],
    ids=["token", "key"],
)
def test_a_secret_that_the_server_repeats_is_hidden(
    kaggle_server, no_credentials_env, folder, variables
):
    kaggle_server.refusals["DownloadDataFiles"] = (403, f"{TOKEN} may not do this")
    result = download(no_credentials_env | variables, folder)
    assert "403: *** may not do this" in result["message"]


def test_the_clients_verbose_prints_hide_secrets(kaggle_server, no_credentials_env, folder):
    set_up = "from kaggle_fkd.system.console import set_up; set_up(quiet=False)"
    pair = {"KAGGLE_USERNAME": "someone", "KAGGLE_KEY": "secret"}
    for variables, secret in (({"KAGGLE_API_TOKEN": TOKEN}, TOKEN), (pair, BASIC)):
        env = no_credentials_env | variables | {"VERBOSE": "1"}
        outcome = run_python(set_up + DOWNLOAD, env, folder)
        assert outcome.result["bundle"]
        assert "Authorization: " in outcome.stderr
        assert secret not in outcome.stdout + outcome.stderr


@pytest.mark.parametrize("proxy", ["127.0.0.1:9", "[nowhere", "127.0.0.1:port", "no such host"])
def test_a_password_in_a_proxys_address_is_hidden(kaggle_env, folder, proxy):
    env = kaggle_env | {"http_proxy": f"http://me:hunter%202@{proxy}/"}
    outcome = run_python(DOWNLOAD, env, folder)
    assert outcome.result["error"] == "KaggleBusyError"
    assert "hunter" not in outcome.stdout + outcome.stderr


NO_HOME = """
import pwd
def getpwuid(uid):
    raise KeyError(uid)
pwd.getpwuid = getpwuid
"""


def test_without_a_home_folder_there_are_no_credentials(no_credentials_env, folder):
    del no_credentials_env["HOME"]
    outcome = run_python(NO_HOME + DOWNLOAD, no_credentials_env, folder)
    assert outcome.result["error"] == "NoCredentialsError"
    assert outcome.result["source"] is None


def test_a_token_is_enough_without_a_home_folder(kaggle_server, kaggle_env, folder):
    del kaggle_env["HOME"]
    outcome = run_python(NO_HOME + DOWNLOAD, kaggle_env, folder)
    assert Path(outcome.result["bundle"]).read_bytes() == kaggle_server.bundle
    assert not (ROOT / "~").exists()  # which the client would make for its settings


def test_a_home_folder_that_cannot_be_looked_into_has_no_credentials(monkeypatch):
    monkeypatch.setenv("HOME", "/" + 300 * "x")  # the system refuses to look up so long a name
    monkeypatch.delenv("XDG_CONFIG_HOME")
    assert credentials_source() is None


def test_half_a_character_is_not_part_of_a_key(monkeypatch, tmp_path):
    (tmp_path / "kaggle.json").write_text('{"username": "me", "key": "abc\\ud800"}')
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    assert "cannot have" in find_credentials().fault


def test_empty_variables_are_no_credentials(monkeypatch):
    for name in ("KAGGLE_API_TOKEN", "KAGGLE_USERNAME", "KAGGLE_KEY"):
        monkeypatch.setenv(name, "")
    assert credentials_source() is None
