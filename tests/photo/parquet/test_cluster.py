"""The same rows with Ray, also when one of its processes is killed."""

import os
import re
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from support.tables import PART, begun

from kaggle_fkd.photo.parquet.part import PartWriter

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed (240 MB)"),
]
ROOT = Path(__file__).resolve().parents[3]
COUNT = 200


def workers() -> list[int]:
    """The processes of Ray that work on parts, by the titles that it gives them."""
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True)
    return [int(pid) for pid in re.findall(r"^ *(\d+) ray::Map\(_write\)", listed.stdout, re.M)]


def test_rows_are_those_of_one_process_although_a_worker_is_killed(tmp_path):
    (tmp_path / "one").mkdir()
    table, work = begun(tmp_path / "one", COUNT)
    list(map(PartWriter(table, work.finder.load()).write, range(table.parts)))
    folder = tmp_path / "ray.parquet"
    command = [sys.executable, ROOT / "run_pipeline.py", "--stage", "photo", "--jobs", "2"]
    command += ["--input", "list.txt", "--table", folder, "--part-size", str(PART), "--ray"]
    process = subprocess.Popen(
        [*command, "local"], cwd=tmp_path / "one",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not (list(folder.glob("part-*")) and (working := workers())):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    finished = {path: path.stat().st_mtime_ns for path in folder.glob("part-*")}
    os.kill(working[0], signal.SIGKILL)
    out, err = process.communicate(timeout=200)
    assert process.returncode == 1 and out == "" and f"1 of {COUNT} pictures failed" in err
    assert all(path.stat().st_mtime_ns == time for path, time in finished.items())
    tables = [pd.read_parquet(each) for each in (table.folder, folder)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_a_cluster_that_does_not_answer_is_said_in_one_line(tmp_path):
    command = [sys.executable, ROOT / "run_pipeline.py", "--stage", "photo", "--input", "astronaut"]
    answer = subprocess.run(
        [*command, "--table", tmp_path / "t", "--ray", "127.0.0.1:1"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    (line,) = answer.stderr.splitlines()
    assert answer.returncode == 2 and "no Ray cluster at 127.0.0.1:1" in line
