"""The program as a process: start, signals, the sample fall-back of a new user."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kaggle_fkd import predict
from kaggle_fkd.cli import main
from kaggle_fkd.competition.load import load_competition
from kaggle_fkd.competition.sample.photograph import sample_faces
from kaggle_fkd.config import build_config
from kaggle_fkd.metrics import rmse
from kaggle_fkd.runs.find import runs_in
from kaggle_fkd.system import device
from kaggle_fkd.system.console import interrupts_held

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[1]
QUICK = ("--model", "lenet", "--epochs", "1")
SMALLER = (("train.model", "gridnet_xs"), ("train.epochs", "5"))
"""What makes the main job short, which has `gridnet` and 12 epochs: the network is still better
than the mean face."""
MAIN_JOB = (
    "--stage", "all", "--set", "eda.gallery_faces=1",
    *(word for name, value in SMALLER for word in ("--set", f"{name}={value}")),
)  # fmt: skip


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "run_pipeline.py"), *arguments]


def run(folder: Path, *arguments: str, env=None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=folder, env=env, capture_output=True, text=True, timeout=800
    )


def test_help_teaches_with_examples(tmp_path):
    answer = run(tmp_path, "--help")
    assert answer.returncode == 0 and answer.stderr == ""
    for word in ("--stage all", "--resume", "examples:", "lenet", "naimishnet", "exit codes"):
        assert word in answer.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_package_runs_as_a_module(tmp_path):
    answer = subprocess.run(
        [sys.executable, "-m", "kaggle_fkd", "--stage", "predict"], cwd=tmp_path,
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert answer.returncode == 1
    assert answer.stderr.count("error:") == 1 and "Traceback" not in answer.stderr


@pytest.fixture(scope="module")
def new_user(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """An empty folder after the main job, as the README has it, and how that ended."""
    folder = tmp_path_factory.mktemp("new_user")
    environment = {key: text for key, text in os.environ.items() if not key.startswith("KAGGLE_")}
    answer = run(folder, *MAIN_JOB, env={**environment, "HOME": str(folder / "home")})
    assert answer.returncode == 0, answer.stderr
    return folder, answer


@pytest.mark.timeout(900)
def test_a_new_user_gets_a_submission_from_sample_faces(new_user):
    folder, answer = new_user
    assert answer.stderr.count("SAMPLE FACES") == 2  # at the start and at the end
    submission = Path(answer.stdout.splitlines()[-1])
    assert submission.parent == folder / "submissions"
    assert submission.name.startswith("sample-")
    assert pd.read_csv(submission)["Location"].between(0, 96).all()
    assert (folder / "data" / "sample" / "training.csv").exists()
    again = run(folder, *MAIN_JOB, "--quiet")
    assert again.returncode == 0 and again.stdout == f"{submission}\n"
    assert "SAMPLE FACES" in again.stderr


@pytest.mark.timeout(900)
def test_a_new_users_network_beats_the_mean_face_by_a_third_on_new_faces(new_user):
    """It has 2.2 pixels, and the mean face 3.95; after the whole main job it has 1.26.

    The validation faces include wrong labels, on which their score depends more than on the
    network; these new faces have true ones.
    """
    training = load_competition(new_user[0] / "data" / "sample").train
    (run,) = runs_in(new_user[0] / "runs")
    assert run.config == build_config("smoke", SMALLER) and run.finished
    faces = sample_faces(100, seed=1)
    mean_face = training.in_convention(0).mean_keypoints()
    of_mean_face = rmse(np.broadcast_to(mean_face, faces.keypoints.shape), faces.keypoints)
    assert rmse(predict(run, faces)[..., :2], faces.keypoints) < of_mean_face * 2 / 3
    # In the validation, too, a network that saw wrong labels is better than the mean face.
    summary = run.members[0].summary
    assert summary["validation_rmse"]["all"] < summary["mean_face_rmse"]


@pytest.mark.parametrize("delay", [0.05, 1.0, 2.5])
def test_ctrl_c_is_quiet_at_any_moment(tmp_path, sample_dir, delay):
    process = subprocess.Popen(
        command("--stage", "train", "--data-dir", str(sample_dir), "--epochs", "500"),
        cwd=tmp_path, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    if delay < 1:
        # Python itself may still be starting, and drops an interruption of the callback of weakref
        # with which its import system ends: a user would press the keys again.
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
        process.send_signal(signal.SIGINT)
    try:
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode != 0
    if delay >= 1:
        assert process.returncode == 130 and "Traceback" not in errors


def test_ctrl_c_waits_for_the_end_of_an_import():
    imported = False
    with pytest.raises(KeyboardInterrupt), interrupts_held():
        signal.raise_signal(signal.SIGINT)
        imported = True
    assert imported
    with pytest.raises(KeyboardInterrupt):  # and is heard at once again
        signal.raise_signal(signal.SIGINT)


def test_ctrl_c_waits_for_the_end_of_the_checks_which_import_torch(tmp_path, monkeypatch):
    checked = []

    def pick_interrupted(name):
        signal.raise_signal(signal.SIGINT)
        checked.append(name)

    monkeypatch.setattr(device, "pick_device", pick_interrupted)
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--device", "cpu"]) == 130 and checked == ["cpu"]


def test_a_disk_that_refuses_is_named_and_loses_nothing(tmp_path, sample_dir):
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
        "from kaggle_fkd.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    options = ["--stage", "train", "--data-dir", str(sample_dir), *QUICK]
    answer = subprocess.run(
        [sys.executable, "-c", code, *options], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert answer.returncode == 1
    last = answer.stderr.splitlines()[-1]
    assert "cannot write" in last and "state.pt" in last and "unexpected" not in last
    assert not list(tmp_path.glob("runs/*/member-00/.state*"))


def test_closed_streams_are_no_catastrophe(tmp_path, sample_dir):
    data = ("--data-dir", str(sample_dir))
    program = " ".join(command("--stage", "train,predict", *data, *QUICK))
    silent = subprocess.run(f"{program} 2>&-", shell=True, cwd=tmp_path, capture_output=True)
    assert silent.returncode == 0 and silent.stdout.endswith(b".csv\n")
    program = " ".join(command("--stage", "settings"))
    broken = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {program} | true"], cwd=tmp_path,
        capture_output=True, text=True,
    )  # fmt: skip
    assert broken.returncode in (0, 1) and "Traceback" not in broken.stderr
    assert "unexpected" not in broken.stderr


def test_a_stopped_training_continues_where_it_was(tmp_path, sample_dir):
    options = ["--stage", "train", "--data-dir", str(sample_dir), "--model", "lenet"]
    options += ["--epochs", "200", "--batch-size", "8"]

    def stop(signal_number: int, said: str, *more: str) -> None:
        """Train until that is said and an epoch is saved; then send the signal."""
        process = subprocess.Popen(
            command(*options, *more), cwd=tmp_path, stderr=subprocess.PIPE, text=True
        )
        assert any(said in line for line in process.stderr)
        while not list(tmp_path.glob("runs/*/member-00/state.pt")):
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.02)
        process.send_signal(signal_number)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "--resume" in errors and "Traceback" not in errors

    stop(signal.SIGTERM, "faces to train on")
    (state,) = tmp_path.glob("runs/*/member-00/state.pt")
    stop(signal.SIGINT, "continuing after epoch", "--resume")
    assert list(tmp_path.glob("runs/*/member-00/state.pt")) == [state]
