"""What is left on the disk when a write fails, is killed, or meets another process."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pandas as pd
import pytest

from kaggle_fkd.errors import FkdError
from kaggle_fkd.system.files import (
    atomic_path,
    free_path,
    new_folder,
    read_json_or_empty,
    replaced_folder,
    write_json,
    write_table,
    write_text,
)
from kaggle_fkd.system.temporary import remove_leftovers

ROOT = Path(__file__).resolve().parents[2]

REPLACE = """
import os, signal, sys
from pathlib import Path
from kaggle_fkd.system.files import replaced_folder

def replace(path, word):
    with replaced_folder(Path(path)) as new:
        for name in ("one.txt", "two.txt"):
            (new / name).write_text(word)
"""
"""A program that replaces a folder by one with two files, which both hold the same word."""


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def words_in(folder: Path) -> list[str]:
    """What the two files hold; the same word twice if the folder is complete."""
    return [(folder / name).read_text() for name in ("one.txt", "two.txt")]


def fill(folder: Path, word: str) -> None:
    folder.mkdir(parents=True)
    for name in ("one.txt", "two.txt"):
        (folder / name).write_text(word)


def test_a_file_is_replaced_at_the_end_of_the_block_only(tmp_path):
    path = tmp_path / "deep" / "table.csv"
    write_text(path, "old")
    with atomic_path(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old" and temporary.suffix == ".csv"
    assert path.read_text() == "new"
    assert names_in(path.parent) == ["table.csv"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_file_is_unchanged_when_the_block_raises(tmp_path, error):
    path = tmp_path / "table.csv"
    write_text(path, "old")
    with pytest.raises(error), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old" and names_in(tmp_path) == ["table.csv"]


@pytest.mark.parametrize("stem", ["n" * 250, "写" * 83])
def test_a_name_as_long_as_the_file_system_allows_is_written(tmp_path, stem):
    with atomic_path(tmp_path / f"{stem}.jpg") as temporary:
        temporary.write_bytes(b"1")
    assert [path.name for path in tmp_path.iterdir()] == [f"{stem}.jpg"]


def test_a_file_that_cannot_be_written_is_an_error_that_names_it(tmp_path):
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "table.csv"
    with pytest.raises(FkdError, match=r"cannot write .*table\.csv: File exists"):
        write_text(path, "1,2")
    with (
        pytest.raises(FkdError, match=r"cannot write .*file/folder: File exists"),
        replaced_folder(tmp_path / "file" / "folder"),
    ):
        pass


def test_a_folder_is_replaced_at_the_end_of_the_block_only(tmp_path):
    path = tmp_path / "deep" / "eda"
    fill(path, "old")
    (path / "three.txt").write_text("old")
    with replaced_folder(path) as new:
        assert names_in(new) == []
        (new / "one.txt").write_text("new")
        assert words_in(path) == ["old", "old"]
    assert names_in(path) == ["one.txt"] and names_in(path.parent) == ["eda"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_folder_is_unchanged_when_the_block_raises(tmp_path, error):
    fill(tmp_path / "eda", "old")
    with pytest.raises(error), replaced_folder(tmp_path / "eda") as new:
        (new / "one.txt").write_text("new")
        raise error
    assert words_in(tmp_path / "eda") == ["old", "old"] and names_in(tmp_path) == ["eda"]


def test_a_file_of_the_folders_name_is_never_replaced(tmp_path):
    (tmp_path / "eda").write_text("mine")
    with (
        pytest.raises(FkdError, match="a file has this name"),
        replaced_folder(tmp_path / "eda"),
    ):
        pytest.fail("the work was done in vain")
    assert (tmp_path / "eda").read_text() == "mine" and names_in(tmp_path) == ["eda"]


@pytest.mark.slow
def test_a_process_killed_at_any_moment_loses_neither_folder(tmp_path):
    # Python reports each change of the disk to audit hooks before it is made: die at the n-th.
    die = """
changes = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree"}
left = [int(sys.argv[2])]

def audit(event, arguments):
    if event in changes:
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(audit)
replace(sys.argv[1], "new")
"""
    outcomes = []
    for moment in range(40):
        path = tmp_path / str(moment) / "eda"
        fill(path, "old")
        process = python(REPLACE + die, path, moment)
        process.communicate(timeout=60)
        complete = [words_in(found.parent) for found in path.parent.rglob("one.txt")
                    if (found.parent / "two.txt").exists()]  # fmt: skip
        assert ["old", "old"] in complete or words_in(path) == ["new", "new"], moment
        remove_leftovers(path.parent)
        assert names_in(path.parent) == ["eda"] and len(set(words_in(path))) == 1
        outcomes.append(process.returncode)
        if process.returncode == 0:
            break
    assert outcomes[-1] == 0 and set(outcomes[:-1]) == {-signal.SIGKILL} and len(outcomes) > 5


@pytest.mark.slow
def test_processes_that_replace_the_same_folder_do_not_disturb_each_other(tmp_path):
    rounds = "for _ in range(300):\n    replace(sys.argv[1], sys.argv[2])\n"
    processes = [python(REPLACE + rounds, tmp_path / "eda", word) for word in "abc"]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], errors
    first, second = words_in(tmp_path / "eda")
    assert first == second and names_in(tmp_path) == ["eda"]


def test_free_names_are_numbered_before_the_suffix(tmp_path):
    path = tmp_path / "a.csv"
    assert free_path(path) == path
    path.write_text("")
    (tmp_path / "a-2.csv").symlink_to("nowhere")
    assert free_path(path) == tmp_path / "a-3.csv"


def a_new_folder(path):
    return new_folder(path, lambda new: write_text(new / "one.txt", "new"))


def test_a_new_folder_is_new_even_beside_a_broken_link(tmp_path):
    (tmp_path / "run").symlink_to("nowhere")
    assert a_new_folder(tmp_path / "run") == tmp_path / "run-2"
    assert a_new_folder(tmp_path / "run") == tmp_path / "run-3"
    assert names_in(a_new_folder(tmp_path / "deep" / "run")) == ["one.txt"]
    assert names_in(tmp_path) == ["deep", "run", "run-2", "run-3"]


def test_a_new_folder_is_complete_or_absent(tmp_path):
    def killed(new):
        write_text(new / "one.txt", "half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        new_folder(tmp_path / "run", killed)
    assert names_in(tmp_path) == []


def test_a_new_folder_takes_the_next_name_when_another_process_was_faster(tmp_path):
    def others(new):
        a_new_folder(tmp_path / "run")

    assert new_folder(tmp_path / "run", others) == tmp_path / "run-2"


NOT_FLOATS = ['{"a": NaN}', '{"a": 1e999}', '{"a": 1' + "0" * 400 + "}"]


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "1", "\xff", '{"a": 1', "[" * 100_000, *NOT_FLOATS]
)
def test_json_without_an_object_is_read_as_an_empty_one(tmp_path, text):
    (tmp_path / "a.json").write_bytes(text.encode("latin-1"))
    assert read_json_or_empty(tmp_path / "a.json") == {}
    assert read_json_or_empty(tmp_path / "missing.json") == {}
    assert read_json_or_empty(tmp_path) == {}


def test_json_with_a_member_of_another_type_is_read_as_an_empty_one(tmp_path):
    value = {"number": 1, "list": [1], "more": None}
    write_json(tmp_path / "a.json", value)
    for kinds in ({"number": float, "list": list, "missing": str}, {"number": int}, {}):
        assert read_json_or_empty(tmp_path / "a.json", kinds) == value
    for kinds in ({"number": str}, {"number": float, "list": dict}, {"more": float}):
        assert read_json_or_empty(tmp_path / "a.json", kinds) == {}


def test_json_is_read_as_it_was_written_and_never_holds_nan(tmp_path):
    write_json(tmp_path / "a.json", {"ä": [1, None, 0.1]})
    assert read_json_or_empty(tmp_path / "a.json") == {"ä": [1, None, 0.1]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert read_json_or_empty(tmp_path / "a.json") == {"ä": [1, None, 0.1]}


def test_two_threads_that_write_one_file_leave_one_of_both_texts(tmp_path):
    path, both = tmp_path / "network.onnx", Barrier(2)

    def write(text: str) -> None:
        with atomic_path(path) as temporary:
            temporary.write_text(text)
            both.wait(timeout=60)  # both have written, none has replaced the file
            assert temporary.read_text() == text

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(write, ["one", "two"]))
    assert path.read_text() in ("one", "two")
    assert names_in(tmp_path) == ["network.onnx"]


def test_the_lines_of_a_table_end_in_the_same_way_on_every_system(tmp_path, monkeypatch):
    monkeypatch.setattr("os.linesep", "\r\n")
    write_table(tmp_path / "table.csv", pd.DataFrame({"x": [0.123456, 1.0]}), "%.2f")
    assert (tmp_path / "table.csv").read_bytes() == b"x\n0.12\n1.00\n"
