"""The command line in this process, on folders of a test. Its fixtures come through conftest.py."""

import io
import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest
from support.made_once import made_once

from kaggle_fkd.cli import main
from kaggle_fkd.competition.eda import report
from kaggle_fkd.imaging.sample_mark import MARK
from kaggle_fkd.system.console import log

QUICK = ("--model", "lenet", "--epochs", "2", "--batch-size", "32")
"""A training of seconds."""
TWO_FOLDS = (*QUICK, "--set", "train.folds=2")
"""The same, with two folds."""
QUICK_ALL = (*QUICK, "--set", "eda.gallery_faces=1")
"""A training of seconds, and the analysis with small galleries."""


class _Interrupter(logging.Filter):
    """Presses Ctrl-C when a message is logged for the n-th time."""

    def __init__(self, message: str, times: int) -> None:
        super().__init__()
        self.message, self.left = message, times

    def filter(self, record: logging.LogRecord) -> bool:
        self.left -= self.message in record.getMessage()
        if self.left == 0:
            self.left = -1
            raise KeyboardInterrupt
        return True


@contextmanager
def interrupted_at(message: str, times: int = 1) -> Iterator[None]:
    """Ctrl-C as soon as the program logs the message, or logs it for the `times`-th time."""
    interrupter = _Interrupter(message, times)
    log.addFilter(interrupter)
    try:
        yield
    finally:
        log.removeFilter(interrupter)


class Place:
    """A data, a runs and a submissions folder, and the command line on them."""

    def __init__(self, root: Path, capfd) -> None:
        self.data, self.runs, self.submissions = root / "data", root / "runs", root / "subs"
        self._capfd = capfd

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        """Exit code, stdout and stderr."""
        self._capfd.readouterr()
        folders = ("--data-dir", self.data, "--runs-dir", self.runs)
        folders += ("--submissions-dir", self.submissions)
        try:
            code = main([*map(str, arguments), *map(str, folders)])
        except SystemExit as end:  # argparse's own way out
            code = end.code
        captured = self._capfd.readouterr()
        problems = [line for line in captured.err.splitlines() if "error:" in line]
        assert len(problems) <= 1 and "unexpected" not in captured.err, captured.err
        return code, captured.out, captured.err


def last_line(text: str) -> Path:
    return Path(text.splitlines()[-1])


def real_data(sample_dir: Path, folder: Path) -> Path:
    """Sample faces as data that cannot be told from the competition's, in `folder`.

    Neither a manifest nor the pictures' mark says that they are sample faces.
    """
    shutil.copytree(sample_dir, folder, dirs_exist_ok=True)
    (folder / "manifest.json").unlink()
    mark = " ".join(map(str, MARK))
    for name in ("training.csv", "test.csv"):
        text = (folder / name).read_text()
        assert mark in text
        (folder / name).write_text(text.replace(mark, " ".join(["75"] * len(MARK))))
    return folder


@pytest.fixture
def place(tmp_path, capfd) -> Place:
    """The data folder is empty, the others do not exist yet."""
    (tmp_path / "data").mkdir()
    return Place(tmp_path, capfd)


@pytest.fixture
def real(place, sample_dir) -> Place:
    """With data that are not sample faces."""
    real_data(sample_dir, place.data)
    return place


@pytest.fixture
def shortly_analysed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The analysis has the topics from which sentences follow, and not those that take longest."""
    for topic in ("correlation", "locations", "gallery", "heat_maps"):
        monkeypatch.delitem(report._TOPICS, topic)


class Finished(NamedTuple):
    """The folders after `--stage all`, to copy, and what it printed."""

    root: Path
    out: str
    err: str


@pytest.fixture(scope="session")
def finished(tmp_path_factory, sample_dir) -> Finished:
    """After `--stage all` on data that are not sample faces."""
    with made_once(tmp_path_factory, "finished") as (folder, to_make):
        root, printed = folder / "root", folder / "printed.json"
        if to_make:
            real_data(sample_dir, root / "data")
            folders = ["--data-dir", "data", "--runs-dir", "runs", "--submissions-dir", "subs"]
            folders[1::2] = [str(root / folder) for folder in folders[1::2]]
            with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
                assert main(["--stage", "all", *QUICK_ALL, *folders]) == 0
            printed.write_text(json.dumps([out.getvalue(), err.getvalue()]))
    return Finished(root, *json.loads(printed.read_text()))


@pytest.fixture(scope="session")
def evaluated_root(tmp_path_factory, sample_dir) -> Path:
    """The folders after an evaluation of two folds, to copy."""
    with made_once(tmp_path_factory, "evaluated") as (root, to_make):
        if to_make:
            real_data(sample_dir, root / "data")
            folders = ["--data-dir", str(root / "data"), "--runs-dir", str(root / "runs")]
            settings = [*TWO_FOLDS, "--coco"]
            assert main(["--stage", "evaluate", *settings, *folders]) == 0
    return root


@pytest.fixture
def done(finished, tmp_path, capfd) -> Place:
    """After `--stage all`."""
    shutil.copytree(finished.root, tmp_path, dirs_exist_ok=True)
    return Place(tmp_path, capfd)


@pytest.fixture
def on_pictures(tmp_path, capfd):
    """A stage with these arguments: exit code, stdout, the lines of stderr, errors among them."""

    def call(stage, *arguments):
        capfd.readouterr()
        folders = ["--runs-dir", str(tmp_path / "runs"), "--data-dir", str(tmp_path / "data")]
        try:
            code = main(["--stage", stage, *map(str, arguments), *folders])
        except SystemExit as end:
            code = end.code
        captured = capfd.readouterr()
        assert "unexpected" not in captured.err, captured.err
        return code, captured.out, captured.err.splitlines()

    return call
