"""What killed processes leave behind, and what is never taken for it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kaggle_fkd.system.files import atomic_path, replaced_folder
from kaggle_fkd.system.temporary import remove_leftovers, temporary_beside

ROOT = Path(__file__).resolve().parents[2]
KILLED = """
import os, signal, sys
from pathlib import Path
from kaggle_fkd.system.files import atomic_path, replaced_folder

with atomic_path(Path(sys.argv[1], "run", "table.csv")) as file, \\
        replaced_folder(Path(sys.argv[1], "eda")) as folder:
    file.write_text("half")
    (folder / "one.txt").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_in(folder: Path) -> None:
    """Let a process die while it writes a file and a folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    dead = subprocess.run([sys.executable, "-c", KILLED, str(folder)], env=environment, check=False)
    assert dead.returncode == -signal.SIGKILL


def all_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.slow
def test_what_a_killed_process_left_goes_at_once(tmp_path):
    killed_in(tmp_path)
    assert len(all_in(tmp_path)) > 1
    remove_leftovers(tmp_path)
    assert all_in(tmp_path) == ["run"]


def test_what_is_being_written_stays(tmp_path):
    with (
        atomic_path(tmp_path / "run" / "table.csv") as file,
        replaced_folder(tmp_path / "eda") as folder,
    ):
        file.write_text("1,2")
        (folder / "one.txt").write_text("new")
        remove_leftovers(tmp_path)
    assert all_in(tmp_path) == ["eda", "eda/one.txt", "run", "run/table.csv"]


@pytest.mark.parametrize(
    "name", [".table.77.csv", ".table.csv", ".fkd-1a2b3c4d", "table.fkd-1a2b3c4d.csv"]
)
def test_files_of_other_names_stay(tmp_path, name):
    (tmp_path / name).write_text("mine")
    remove_leftovers(tmp_path)
    assert all_in(tmp_path) == [name]


def test_a_folder_whose_replacement_was_interrupted_between_two_renames_is_put_in_place(tmp_path):
    left = temporary_beside(tmp_path / "eda")
    for name in ("new", "old"):
        (left / name).mkdir(parents=True)
        (left / name / "one.txt").write_text(name)
    left.with_name(f"{left.name}.lock").touch()
    remove_leftovers(tmp_path)
    assert all_in(tmp_path) == ["eda", "eda/one.txt"]
    assert (tmp_path / "eda" / "one.txt").read_text() == "new"


def test_a_link_is_not_followed(tmp_path):
    elsewhere = tmp_path / "elsewhere" / "table.csv"
    elsewhere.parent.mkdir()
    elsewhere.write_text("mine")
    (tmp_path / "runs").mkdir()
    temporary_beside(tmp_path / "runs" / "table.csv").symlink_to(elsewhere)
    remove_leftovers(tmp_path / "runs")
    assert elsewhere.read_text() == "mine"
