"""Members that are trained at the same time: as one after the other, however they are ended."""

import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from support.small_runs import (
    CPU,
    at_the_end_of_epoch,
    halved,
    interrupted_in_epoch,
    new_run,
    quick,
)

from kaggle_fkd.errors import DataError, RunError
from kaggle_fkd.system.console import log
from kaggle_fkd.system.device import places_on
from kaggle_fkd.training.keypoint_data import KeypointData
from kaggle_fkd.training.members import train_members

CONFIG = quick(model="naimishnet", epochs=3, folds=4)  # with dropout: torch's own random numbers
SIZE = 48
"""Pixels of a side of the faces."""
MEMBERS = 3


@pytest.fixture(scope="module", autouse=True)
def informed():
    """Processes send what this one would log."""
    level = log.level
    log.setLevel(logging.INFO)
    yield
    log.setLevel(level)


@pytest.fixture(scope="module")
def data(competition):
    return KeypointData(halved(competition.train[::2]))


@pytest.fixture(scope="module")
def sequential(tmp_path_factory, data):
    """A run whose members were trained one after the other."""
    run = new_run(tmp_path_factory.mktemp("sequential"), CONFIG, size=SIZE)
    train_in_sequence(run, data, MEMBERS)
    return run


def train(run, data, count, jobs=2):
    return [member.index for member in train_members(run, data, count, CPU, jobs)]


def train_in_sequence(run, data, count):
    """Train in this process, with as many threads as a process has in parallel."""
    threads = torch.get_num_threads()
    torch.set_num_threads(places_on(CPU, MEMBERS, 2)[0].threads)
    try:
        train(run, data, count, jobs=1)
    finally:
        torch.set_num_threads(threads)


def assert_same(run, other, count):
    """Bit-equal metrics and weights of the first members."""
    for index in range(count):
        ours, theirs = run.member(index), other.member(index)
        assert ours.finished
        tables = [pd.read_csv(each.metrics_file).drop(columns="seconds") for each in (ours, theirs)]
        pd.testing.assert_frame_equal(*tables, check_exact=True)
        weights = load_file(theirs.weights_file)
        for name, tensor in load_file(ours.weights_file).items():
            assert torch.equal(tensor, weights[name]), name


def assert_no_process():
    assert not multiprocessing.active_children()


@pytest.mark.slow
def test_members_in_parallel_equal_those_one_after_the_other(tmp_path, data, sequential):
    run, logged = new_run(tmp_path, CONFIG, size=SIZE), []
    with at_the_end_of_epoch(3, lambda: logged.append("epoch 3")):
        assert sorted(train(run, data, MEMBERS)) == [0, 1, 2]
    assert len(logged) == MEMBERS
    assert_same(run, sequential, MEMBERS)
    assert_no_process()
    assert train(run, data, MEMBERS) == []  # nothing is left to do


@pytest.mark.slow
def test_after_a_kill_and_after_ctrl_c_the_run_resumes_bit_equal(tmp_path, data, sequential):
    run = new_run(tmp_path, CONFIG, size=SIZE)

    def kill_one():
        victim = min(multiprocessing.active_children(), key=lambda process: process.name)
        os.kill(victim.pid, signal.SIGKILL)

    with (
        at_the_end_of_epoch(2, kill_one),
        pytest.raises(RunError, match=r"killed \(signal 9\).*--resume"),
    ):
        train(run, data, 2)
    assert_no_process()
    with interrupted_in_epoch(3), pytest.raises(KeyboardInterrupt):
        train(run, data, 2)
    assert_no_process()
    assert not run.has_members(2)
    train_in_sequence(run, data, 2)
    assert_same(run, sequential, 2)


@pytest.mark.slow
def test_processes_end_when_the_one_that_started_them_was_killed(tmp_path, data):
    """They find out when they want to say something."""
    run = new_run(tmp_path, quick(epochs=1000), size=SIZE)
    parent = multiprocessing.get_context("spawn").Process(target=train, args=(run, data, 2))
    parent.start()
    while not all(run.member(index).metrics_file.exists() for index in range(2)):
        assert parent.is_alive()
        time.sleep(0.05)
    os.kill(parent.pid, signal.SIGKILL)
    parent.join()
    deadline = time.monotonic() + 60
    while True:  # their locks are free, so that the run can be resumed
        try:
            with run.member(0).locked(), run.member(1).locked():
                break
        except RunError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.mark.slow
def test_a_script_without_a_main_guard_ends_with_an_error(tmp_path):
    """Its processes run it again, and end before they take their jobs."""
    (tmp_path / "script.py").write_text(
        "from kaggle_fkd import train\n"
        "from support.made_up_faces import make_faces\n"
        "settings = {'train.model': 'lenet', 'train.members': 2}\n"
        f"train(make_faces(80), settings, runs_dir={str(tmp_path)!r}, jobs=2)\n"
    )
    answer = subprocess.run(
        [sys.executable, tmp_path / "script.py"], capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert answer.returncode == 1
    assert "its process failed (exit code 1)" in answer.stderr.splitlines()[-1]
    assert "__main__" in answer.stderr.splitlines()[-1]


@pytest.mark.slow
def test_an_error_of_a_process_is_that_of_the_training(tmp_path, data):
    with pytest.raises(DataError, match="too few for 1000 folds"):
        train(new_run(tmp_path, quick(folds=1000), size=SIZE), data, 2)
    assert_no_process()


@pytest.mark.parametrize(
    ("threads", "wanted", "jobs", "each"),
    [
        (8, 10, None, [1] * 5), (8, 2, None, [4, 4]), (2, 3, None, [2]), (2, 4, None, [1, 1]),
        (8, 10, 3, [2, 2, 2]), (2, 10, 1, [2]), (2, 4, 4, [1, 1, 1, 1]), (2, 0, None, []),
    ],
)  # fmt: skip
def test_processes_share_the_threads(monkeypatch, threads, wanted, jobs, each):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    places = places_on(CPU, wanted, jobs)
    assert [place.threads for place in places] == each
    assert all(place.device == CPU for place in places)


@pytest.mark.parametrize(
    ("device", "jobs", "names"),
    [("cuda", None, ["cuda:0", "cuda:1"]), ("cuda", 3, ["cuda:0", "cuda:1", "cuda:0"]),
     ("cuda:1", None, ["cuda:1"]), ("cuda:1", 2, ["cuda:1", "cuda:1"])],
)  # fmt: skip
def test_each_gpu_takes_a_member_at_a_time(monkeypatch, device, jobs, names):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    places = places_on(torch.device(device), 10, jobs)
    assert [str(place.device) for place in places] == names
