"""The command line in this process, on folders of a test. Its fixtures come through conftest.py."""

import shutil
from pathlib import Path

import pytest

from kaggle_fkd.cli import main

QUICK = ("--model", "lenet", "--epochs", "2", "--batch-size", "32")


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
    """Sample faces that do not say so, in `folder`."""
    shutil.copytree(sample_dir, folder)
    (folder / "manifest.json").unlink()
    return folder


@pytest.fixture
def place(tmp_path, capfd) -> Place:
    """Nothing in it yet."""
    return Place(tmp_path, capfd)


@pytest.fixture
def real(place, sample_dir) -> Place:
    """With data that do not say they are sample faces."""
    real_data(sample_dir, place.data)
    return place


@pytest.fixture(scope="session")
def finished(tmp_path_factory, sample_dir) -> Path:
    """The folders after `--stage all`, to copy."""
    root = tmp_path_factory.mktemp("finished")
    real_data(sample_dir, root / "data")
    folders = ["--data-dir", "data", "--runs-dir", "runs", "--submissions-dir", "subs"]
    folders[1::2] = [str(root / folder) for folder in folders[1::2]]
    assert main(["--stage", "all", *QUICK, *folders]) == 0
    return root


@pytest.fixture
def done(finished, tmp_path, capfd) -> Place:
    """After `--stage all`."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
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
