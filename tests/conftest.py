"""Fixtures for all tests: an environment without credentials, and small sample competitions."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from kaggle_fkd.sources.competition import Competition, load_competition, write_manifest
from kaggle_fkd.sources.sample import SampleSize, write_sample_competition
from kaggle_fkd.system import console

# No timing is asserted anywhere: a slow machine is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

pytest_plugins = ["kaggle_server"]

SMALL = SampleSize(train_a=80, train_b=80, test_a=12, test_b=20)


@pytest.fixture(autouse=True)
def _nobody_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory) -> None:
    """No test sees this machine's Kaggle account, nor leaves anything in its home."""
    for name in list(os.environ):
        if name.startswith("KAGGLE_"):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))


@pytest.fixture(autouse=True)
def _log_to_stderr() -> None:
    console.set_up(quiet=False)


@pytest.fixture(scope="session")
def sample_dir(tmp_path_factory) -> Path:
    """A small sample competition; tests must not write into it."""
    folder = tmp_path_factory.mktemp("sample")
    write_sample_competition(folder, SMALL, seed=7)
    write_manifest(folder, {"seed": 7})
    return folder


@pytest.fixture(scope="session")
def competition(sample_dir: Path) -> Competition:
    """The same, loaded."""
    return load_competition(sample_dir)
