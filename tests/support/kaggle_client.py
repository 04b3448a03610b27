"""Kaggle's client, unpatched, in a subprocess or in this process, led to the stand-in for Kaggle.

Its fixtures reach the tests through conftest.py.
"""

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version

import pytest
from support.kaggle_server import ROOT, way_to

from kaggle_fkd.competition.kaggle.client import connect

SINCE_2_2 = pytest.mark.skipif(
    tuple(map(int, version("kaggle").split(".")[:2])) < (2, 2),
    reason="older clients do not continue a download, and look for credentials elsewhere",
)
UNTIDY = pytest.mark.filterwarnings("ignore")
"""The client leaves its connections to the garbage collector, which warns in this process."""


@pytest.fixture
def no_credentials_env(kaggle_server, tmp_path):
    """A cleared environment with an empty home that leads the client to `kaggle_server`."""
    (tmp_path / "home").mkdir()
    return {
        "HOME": str(tmp_path / "home"),
        "PATH": os.environ["PATH"],
        **way_to(kaggle_server.port),
    }


@pytest.fixture
def kaggle_env(no_credentials_env):
    """The same with a username and key."""
    return no_credentials_env | {"KAGGLE_USERNAME": "someone", "KAGGLE_KEY": "secret"}


@contextmanager
def environment_of(env: dict[str, str]) -> Iterator[None]:
    """This process, in which the client is used, has its environment from `env`."""
    with pytest.MonkeyPatch.context() as patched:
        set_environment(patched, env)
        yield


def set_environment(patched: pytest.MonkeyPatch, env: dict[str, str]) -> None:
    """Let this process have what the client reads of the environment from `env`."""
    for name in (*os.environ, *env):
        if name.startswith(("KAGGLE_", "XDG_")) or name.lower().endswith("_proxy"):
            patched.delenv(name, raising=False)
    for name, value in env.items():
        patched.setenv(name, value)


@pytest.fixture
def client_here(kaggle_env, monkeypatch) -> None:
    """The real client in this process, led to `kaggle_server`."""
    # With a patch of its own, it would undo a test's changes of the environment in a wrong order.
    set_environment(monkeypatch, kaggle_env)
    with warnings.catch_warnings(action="ignore"):
        connect()  # the import takes longer than an answer


def start_python(code: str, env: dict[str, str], *arguments: object) -> subprocess.Popen:
    """Run `code` in a fresh interpreter, with `arguments` as its sys.argv[1:]."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@dataclass(frozen=True)
class Outcome:
    """How a subprocess ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def result(self) -> dict:
        """The JSON object on its stdout."""
        assert self.code == 0, self.stderr
        return json.loads(self.stdout)


def run_python(code: str, env: dict[str, str], *arguments: object) -> Outcome:
    """The same, run to its end within a minute."""
    process = start_python(code, env, *arguments)
    try:
        stdout, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    return Outcome(process.returncode, stdout, stderr)
