"""Parts that several processes write at the same time, however these are ended."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from support.tables import PART, begun, list_of_pictures, written

from kaggle_fkd.errors import RunError
from kaggle_fkd.photo.parquet.part import PartWriter
from kaggle_fkd.photo.parquet.processes import write_parts

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]
COUNT = 200
KILLED_BY_OPENING = """
import os, signal, sys

def end(event, arguments):
    if event == "open" and str(arguments[0]).endswith("killer.jpg"):
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(end)
"""
"""What a new process runs first: it is killed when it opens that picture."""


def test_rows_are_those_of_one_process_also_after_one_was_killed(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    table, work = begun(tmp_path / "one", 38)
    writer = PartWriter(table, work.finder.load())
    assert sum(map(writer.write, range(8))) == 38

    parallel, work = begun(tmp_path / "two", 38)
    taken = []
    parts = write_parts(work, (taken.append(each) or each for each in range(8)), 2)
    next(parts)
    assert len(taken) <= 5  # parts are handed out when a process is nearly free
    before = written(parallel)
    os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
    next(parts)
    parts.close()  # as Ctrl-C does
    assert not multiprocessing.active_children()
    left = parallel.unfinished()
    assert sum(write_parts(work, left, 2)) == parallel.pictures_in(left)
    assert before.items() <= written(parallel).items()
    tables = [pd.read_parquet(each.folder) for each in (table, parallel)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_a_picture_that_kills_its_process_every_time_is_a_row_with_that_reason(
    tmp_path, monkeypatch
):
    killer = tmp_path / "killer.jpg"
    killer.touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "sitecustomize.py").write_text(KILLED_BY_OPENING)
    table, work = begun(tmp_path, 2 * PART, killer)
    assert sum(write_parts(work, range(2), 2)) == 2 * PART
    rows = pd.read_parquet(table.folder)
    assert table.count_rows() == (2 * PART - 2, 2, 0) and len(rows) == 2 * PART
    assert rows["failure"][rows["picture"] == str(killer)].tolist() == ["its process was killed"]
    assert not multiprocessing.active_children()


def test_processes_that_cannot_start_are_not_the_fault_of_pictures(tmp_path, monkeypatch):
    table, work = begun(tmp_path, 2 * PART)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "sitecustomize.py").write_text("import os; os._exit(1)")
    with pytest.raises(RunError, match="killed at their start"):
        list(write_parts(work, range(2), 2))
    assert table.unfinished() == [0, 1]


def test_a_call_that_was_killed_or_interrupted_continues(tmp_path):
    list_of_pictures(tmp_path, COUNT)
    folder = tmp_path / "out.parquet"

    def start():
        command = [sys.executable, ROOT / "run_pipeline.py", "--stage", "photo", "--input"]
        command += ["list.txt", "--table", folder, "--jobs", "2", "--part-size", str(PART)]
        return subprocess.Popen(
            command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def parts():
        return {path.name: path.stat().st_mtime_ns for path in folder.glob("part-*")}

    before: dict[str, int] = {}
    for end, code in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)):
        process = start()
        while len(parts()) == len(before) and process.poll() is None:
            time.sleep(0.01)
        # Ctrl-C reaches all processes of a terminal; a killed process kills nothing else.
        (os.killpg if end == signal.SIGINT else os.kill)(process.pid, end)
        # Its processes hold its stderr until they end, too.
        _, err = process.communicate(timeout=60)
        assert process.returncode == code and "Traceback" not in err
        assert before.items() <= parts().items() and len(before) < len(parts()) < COUNT // PART
        before = parts()
    process = start()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1 and f"1 of {COUNT} pictures failed" in err
    assert before.items() <= parts().items() and len(parts()) == COUNT // PART
    assert len(pd.read_parquet(folder)) == COUNT and not list(folder.glob(".*"))
