"""Fixtures for all tests: no credentials, a small sample competition, a run trained on it."""

import os
from pathlib import Path

import pytest
from hypothesis import settings
from support.small_runs import CPU, new_run, quick

from kaggle_fkd.competition.load import Competition, load_competition, write_manifest
from kaggle_fkd.competition.sample import SampleSize, write_sample_competition
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system import console
from kaggle_fkd.training.members import train_members

# No timing is asserted anywhere: a slow machine is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

pytest_plugins = ["support.kaggle_server", "support.command_line"]

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


@pytest.fixture(scope="session")
def crossed_run(tmp_path_factory, competition: Competition) -> Run:
    """A run with a member for each of three folds; tests must not write into it."""
    run = new_run(tmp_path_factory.mktemp("crossed"), quick(epochs=2, folds=3, members=3))
    train_members(run, competition.train, 3, CPU)
    return run
