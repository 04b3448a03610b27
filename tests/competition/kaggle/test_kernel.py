"""A kernel: its script is run for real, and it is pushed with the real client."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from io import BytesIO

import pandas as pd
import pytest
from support.command_line import real_data
from support.kaggle_client import UNTIDY
from support.kaggle_server import KERNEL_PAGE, ROOT

from kaggle_fkd.competition.kaggle.kernel import METADATA, SCRIPT, packed_package, write_kernel
from kaggle_fkd.competition.kaggle.run_kernel import log_lines, run_kernel, user_name
from kaggle_fkd.errors import FkdError
from kaggle_fkd.runs.find import runs_in
from kaggle_fkd.runs.provenance import source_commit
from kaggle_fkd.system import connection_watch

QUICK = ["--preset", "smoke", "--set", "train.model=lenet", "--set", "train.epochs=1"]


@pytest.fixture
def folder(tmp_path):
    write_kernel(tmp_path / "kernel", "someone", "kaggle-fkd", QUICK)
    return tmp_path / "kernel"


@pytest.fixture
def push(client_here, folder, capfd):
    """Push the kernel and follow it: its submission, or the error's kind and text; and stderr."""

    def call():
        capfd.readouterr()
        name = f"{user_name()}/kaggle-fkd"
        try:
            path = run_kernel(name, folder, folder / "output", poll_s=0.05)
            result = {"submission": str(path)}
        except FkdError as error:
            result = {"error": type(error).__name__, "text": str(error)}
        return result, capfd.readouterr().err

    return call


@pytest.fixture
def machine(tmp_path):
    """Kaggle's two folders, elsewhere."""
    (tmp_path / "input" / "competitions" / "facial-keypoints-detection").mkdir(parents=True)
    (tmp_path / "working").mkdir()
    return tmp_path


def start(folder, machine):
    """Run the script as Kaggle does, except that its two folders are those of `machine`."""
    script = (folder / SCRIPT).read_text()
    for name in ("input", "working"):
        assert script.count(f'"/kaggle/{name}"') == 1
        script = script.replace(f'"/kaggle/{name}"', f'"{machine / name}"')
    (machine / "script.py").write_text(script)
    return subprocess.run(
        [sys.executable, machine / "script.py"], cwd=machine / "working", text=True,
        capture_output=True, env={"PATH": os.environ["PATH"], "HOME": str(machine)}, timeout=300,
    )  # fmt: skip


@pytest.mark.slow
def test_the_script_makes_a_submission_of_what_kaggle_mounts(folder, machine, sample_dir):
    data = real_data(sample_dir, machine / "as-shipped")
    mounted = machine / "input" / "competitions" / "facial-keypoints-detection"
    for name in ("training", "test"):
        with zipfile.ZipFile(mounted / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(data / f"{name}.csv", f"{name}.csv")
    (data / "IdLookupTable.csv").rename(mounted / "IdLookupTable.csv")
    before = sorted(mounted.iterdir())
    answer = start(folder, machine)
    assert answer.returncode == 0, answer.stderr
    assert "submission.csv is ready" in answer.stdout
    submission = pd.read_csv(machine / "working" / "submission.csv")
    assert len(submission) == len(pd.read_csv(mounted / "IdLookupTable.csv"))
    assert submission["Location"].between(0, 96).all()
    assert not (machine / "working" / "runs").exists()
    shutil.unpack_archive(machine / "working" / "runs.zip", machine / "runs")
    (run,) = runs_in(machine / "runs")
    assert run.finished and run.config.train.model == "lenet"
    assert run.record["commit"] == source_commit()
    assert sorted(mounted.iterdir()) == before  # Kaggle's data are read-only


@pytest.mark.slow
def test_a_training_that_fails_ends_the_script_with_its_exit_code(folder, machine, sample_dir):
    mounted = machine / "input" / "competitions" / "facial-keypoints-detection"
    real_data(sample_dir, mounted)
    (mounted / "training.csv").write_text("Image\n")
    answer = start(folder, machine)
    assert answer.returncode == 1 and "error: " in answer.stderr
    assert not (machine / "working" / "submission.csv").exists()


def test_without_the_competition_the_script_says_what_to_add(folder, machine):
    answer = start(folder, machine)
    assert answer.returncode == 1 and "Traceback" not in answer.stderr
    assert "add the competition facial-keypoints-detection as an input" in answer.stderr


def test_the_metadata_ask_for_two_t4_the_data_and_no_internet(folder):
    metadata = json.loads((folder / METADATA).read_text())
    assert metadata["id"] == "someone/kaggle-fkd" and metadata["code_file"] == SCRIPT
    assert metadata["machine_shape"] == "NvidiaTeslaT4" and metadata["enable_gpu"]
    assert not metadata["enable_internet"] and metadata["is_private"]
    assert metadata["competition_sources"] == ["facial-keypoints-detection"]


def test_the_package_is_packed_without_networks_and_pictures_and_always_the_same():
    packed = packed_package()
    assert packed == packed_package() and len(packed) < 600_000
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        names = archive.namelist()
        assert archive.read("kaggle_fkd/cli.py") == (ROOT / "kaggle_fkd" / "cli.py").read_bytes()
    assert not [name for name in names if name.endswith((".onnx", ".png", ".pyc"))]


@UNTIDY
def test_a_kernel_is_pushed_followed_and_its_submission_fetched(kaggle_server, push, folder):
    kaggle_server.kernel_files = {"submission.csv": b"RowId,Location\n1,66.5\n"}
    result, err = push()
    submission = folder / "output" / "submission.csv"
    assert result == {"submission": str(submission)}
    assert submission.read_bytes() == b"RowId,Location\n1,66.5\n"
    for words in (KERNEL_PAGE, "the kernel is running", "the kernel is complete"):
        assert words in err
    (sent,) = kaggle_server.of("SaveKernel")
    assert sent.json["text"] == (folder / SCRIPT).read_text()
    assert sent.json["machineShape"] == "NvidiaTeslaT4"
    assert sent.json["enableInternet"] is False


@UNTIDY
def test_no_file_of_a_kernel_is_written_outside_of_the_folder(kaggle_server, push, tmp_path):
    away = tmp_path / "away.csv"
    names = ["../up.csv", "a/../../up.csv", str(away), "..", "C:up.csv", "..\\up.csv"]
    good = {"submission.csv": b"RowId,Location\n1,66.5\n", "notes..txt": b"a"}
    kaggle_server.kernel_files = dict.fromkeys(names, b"a") | good
    before = {*tmp_path.rglob("*")}
    assert "submission" in push()[0]
    made = {*tmp_path.rglob("*")} - before
    assert {path.name for path in made} >= {*good}
    assert not away.exists() and not [path for path in made if "up.csv" in path.name]


@UNTIDY
def test_a_kernel_that_fails_shows_the_end_of_its_log(kaggle_server, push):
    kaggle_server.kernel_states = ["RUNNING", "ERROR"]
    kaggle_server.kernel_failure = "Your notebook threw an exception"
    pieces = [{"stream_name": "stderr", "time": 1.5, "data": f"line {n}\n"} for n in range(40)]
    kaggle_server.kernel_log = json.dumps(pieces)
    result, err = push()
    assert result["error"] == "KaggleError"
    assert "has ended with error: Your notebook threw" in result["text"]
    assert KERNEL_PAGE in result["text"]
    assert "line 39" in err and "line 19\n" not in err


@UNTIDY
def test_a_kernel_without_a_submission_is_not_a_success(kaggle_server, push, folder):
    (folder / "output").mkdir()
    (folder / "output" / "submission.csv").write_text("of the kernel before")
    result, _ = push()
    assert "has made no submission.csv" in result["text"]


@UNTIDY
def test_a_kernel_that_kaggle_refuses_is_not_waited_for(kaggle_server, push):
    kaggle_server.pushed = {"error": "Maximum batch GPU session count of 2 reached"}
    result, _ = push()
    assert "Maximum batch GPU session count" in result["text"]
    assert not kaggle_server.of("GetKernelSessionStatus")


@UNTIDY
def test_a_refusal_ends_the_waiting_at_once(kaggle_server, push):
    kaggle_server.refusals["GetKernelSessionStatus"] = (403, "Permission denied")
    result, err = push()
    assert "Kaggle denies access" in result["text"]
    assert "kaggle kernels status someone/kaggle-fkd" in err  # it was pushed
    assert len(kaggle_server.of("GetKernelSessionStatus")) == 1


@UNTIDY
def test_a_busy_kaggle_is_asked_again(kaggle_server, push, monkeypatch):
    kaggle_server.refusals["GetKernelSessionStatus"] = (503, "Service unavailable")
    monkeypatch.setattr(connection_watch, "PATIENCE_S", 1)
    result, _ = push()
    assert "Kaggle is busy" in result["text"]
    assert len(kaggle_server.of("GetKernelSessionStatus")) >= 3


def test_a_log_may_be_plain_text_or_missing(tmp_path):
    (tmp_path / "plain.log").write_text("one\ntwo\n")
    assert log_lines(tmp_path / "plain.log") == ["one", "two"]
    assert log_lines(tmp_path / "missing.log") == []
    (tmp_path / "deep.log").write_text(100_000 * "[")
    assert log_lines(tmp_path / "deep.log") == [100_000 * "["]
