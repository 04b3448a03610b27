"""Fixtures for all tests: no credentials, a small sample competition, a run trained on it."""

import os
import signal
from collections import Counter
from collections.abc import Iterator

# Started in the background of a script, the tests and their processes would ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Threads of OpenMP that wait for each other give the core away: spinning, two of them make a
# training four times as long on a machine that is busy. It must be said before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Tests that run side by side share the cores. (The process that starts the others says nothing:
# they would inherit it.)
if processes := os.environ.get("PYTEST_XDIST_WORKER_COUNT"):
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // int(processes))))

from pathlib import Path

import pytest
import torch
from hypothesis import settings
from support.made_once import made_once
from support.small_runs import CPU, new_run, quick

from kaggle_fkd.competition import task
from kaggle_fkd.competition.load import Competition, load_competition
from kaggle_fkd.competition.manifest import write_manifest
from kaggle_fkd.competition.sample import competition as sample_module
from kaggle_fkd.competition.sample.files import SampleSize, write_sample_competition
from kaggle_fkd.evaluation import worst_faces
from kaggle_fkd.figures import predictions
from kaggle_fkd.report import errors, suspects
from kaggle_fkd.runs.find import runs_in
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system import console
from kaggle_fkd.training.keypoint_data import KeypointData
from kaggle_fkd.training.members import train_members

# torch warns once in a process: which test fails would depend on those that ran before it.
torch.set_warn_always(True)
# No timing is asserted anywhere: a slow machine is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

pytest_plugins = [
    "support.kaggle_server", "support.kaggle_client", "support.command_line", "support.browser",
    "support.exported_networks",
]  # fmt: skip

SLOW_FIXTURES = {"finished", "evaluated_root", "kaggle_server"}
"""What uses them trains networks, or starts processes: such a test is marked `slow`."""
GALLERIES = (worst_faces, predictions, errors, suspects)
"""The modules with galleries of `GALLERY_FACES` faces; drawing 24 takes most of a second."""
SMALL = SampleSize(train_a=80, train_b=80, test_a=12, test_b=20)
SMALLER = SampleSize(train_a=60, train_b=60, test_a=6, test_b=9)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow for its fixtures; other slow tests are marked where they are.

    Files with most of them come first: the last ones should not keep one process only busy.
    """
    for item in items:
        if SLOW_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


@pytest.fixture(autouse=True)
def _nobody_at_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory) -> None:
    """No test sees this machine's Kaggle account, nor leaves anything in its home."""
    for name in list(os.environ):
        if name.startswith("KAGGLE_"):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))


@pytest.fixture(autouse=True, scope="session")
def _small_galleries() -> Iterator[None]:
    """Galleries have a row of faces."""
    with pytest.MonkeyPatch.context() as patched:
        for module in GALLERIES:
            patched.setattr(module, "GALLERY_FACES", 6)
        yield


@pytest.fixture(autouse=True)
def _log_to_stderr() -> None:
    console.set_up(quiet=False)


@pytest.fixture(scope="session")
def sample_dir(tmp_path_factory) -> Path:
    """A small sample competition; tests must not write into it."""
    with made_once(tmp_path_factory, "sample") as (folder, to_make):
        if to_make:
            write_sample_competition(folder, SMALL, seed=7)
            write_manifest(folder, {"seed": 7})
    return folder


@pytest.fixture
def small_default_sample(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever asks for the sample competition, without a size, gets a small one."""
    for module in (task, sample_module):
        monkeypatch.setattr(module, "SampleSize", lambda: SMALLER)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.fixture(scope="session")
def competition(sample_dir: Path) -> Competition:
    """The same, loaded."""
    return load_competition(sample_dir)


@pytest.fixture(scope="session")
def crossed_run(tmp_path_factory, competition: Competition) -> Run:
    """A run with a member for each of three folds; tests must not write into it."""
    with made_once(tmp_path_factory, "crossed") as (folder, to_make):
        if to_make:
            run = new_run(folder, quick(epochs=2, folds=3, members=3))
            for _ in train_members(run, KeypointData(competition.train), 3, CPU):
                pass
    (run,) = runs_in(folder)
    return run
