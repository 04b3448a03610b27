"""Submitting with the real client, in a subprocess, against a server that does as it is told."""

import csv
import hashlib
import signal
import subprocess
import time
from contextlib import suppress

import pytest
from support.kaggle_server import REF, UPLOAD_PATH, run_python, start_python, submission

from kaggle_fkd.competition.kaggle.upload import COLUMNS, Score, log_submission

SEND = """
import dataclasses, json, sys
from pathlib import Path
from kaggle_fkd.errors import FkdError
from kaggle_fkd.competition.kaggle.upload import send
file, log_file, wait_s = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
try:
    result = dataclasses.asdict(send(file, "two words", "run-1", log_file, wait_s, poll_s=0.05))
except FkdError as error:
    result = {"error": type(error).__name__, "text": str(error)}
print(json.dumps(result))
"""
SENT = {
    "time": "2026-11-20T10:00:00+00:00",
    "file": "a.csv",
    "sha256": "0" * 64,
    "run": "run-1",
    "message": "two, with a comma",
}
DAILY_LIMIT = (
    "Submission not allowed: Your team has used its daily Submission allowance (5) today, "
    "please try again tomorrow UTC (4.2 hours from now)."
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "submission.csv"
    path.write_text("RowId,Location\n1,66.5\n")
    return path


@pytest.fixture
def log_file(tmp_path):
    return tmp_path / "submissions" / "log.csv"


def send(env, file, log_file, wait_s=20.0):
    """The score, or the error's kind and text."""
    return run_python(SEND, env, file, log_file, wait_s).result


def rows(log_file):
    with log_file.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_submission_comes_back_with_both_scores(kaggle_server, kaggle_env, file, log_file):
    kaggle_server.listings = [None, submission("PENDING"), *kaggle_server.listings]
    score = send(kaggle_env, file, log_file)
    assert score == {
        "ref": REF, "status": "complete", "public": 1.87379, "private": 1.4592, "problem": "",
    }  # fmt: skip
    [upload] = [request for request in kaggle_server.requests if request.path == UPLOAD_PATH]
    assert upload.body == file.read_bytes()
    [created] = kaggle_server.of("CreateSubmission")
    assert created.json["submissionDescription"] == "two words"
    assert created.json["blobFileTokens"] == "blob-token"


def test_the_log_names_file_run_message_and_scores(kaggle_server, kaggle_env, file, log_file):
    send(kaggle_env, file, log_file)
    [row] = rows(log_file)
    assert row.pop("time").endswith("+00:00")
    assert row == {
        "file": str(file),
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "run": "run-1",
        "message": "two words",
        "ref": str(REF),
        "status": "complete",
        "public": "1.87379",
        "private": "1.4592",
    }


def test_a_failed_upload_is_noticed(kaggle_server, kaggle_env, file, log_file):
    kaggle_server.upload_status = 403
    result = send(kaggle_env, file, log_file)
    assert result["error"] == "KaggleError"
    assert "nothing was submitted" in result["text"]
    assert not kaggle_server.of("CreateSubmission")
    assert not log_file.exists()


def test_a_submission_without_a_number_is_not_taken_for_sent(
    kaggle_server, kaggle_env, file, log_file
):
    kaggle_server.created = {"message": "Something odd"}
    result = send(kaggle_env, file, log_file)
    assert result["error"] == "KaggleError"
    assert "Something odd" in result["text"]


@pytest.mark.parametrize("call", ["StartSubmissionUpload", "CreateSubmission"])
def test_the_daily_limit_is_said(kaggle_server, kaggle_env, file, log_file, call):
    kaggle_server.refusals[call] = (400, DAILY_LIMIT)
    result = send(kaggle_env, file, log_file)
    assert result["error"] == "KaggleError"
    assert "daily limit" in result["text"]
    assert "4.2 hours" in result["text"]


def test_an_error_that_kaggle_finds_is_told_and_logged(kaggle_server, kaggle_env, file, log_file):
    kaggle_server.listings = [submission("ERROR", errorDescription="27124 rows expected")]
    result = send(kaggle_env, file, log_file)
    assert result["error"] == "SubmissionError"
    assert "27124 rows expected" in result["text"]
    assert [row["status"] for row in rows(log_file)] == ["error"]


def test_late_scores_leave_the_submission_pending(kaggle_server, kaggle_env, file, log_file):
    kaggle_server.listings = [submission("PENDING")]
    assert send(kaggle_env, file, log_file, wait_s=0.2)["status"] == "pending"
    assert [(row["ref"], row["status"]) for row in rows(log_file)] == [(str(REF), "pending")]


def test_trouble_while_waiting_is_not_a_failed_submission(
    kaggle_server, kaggle_env, file, log_file
):
    kaggle_server.listings = [500, 500, *kaggle_server.listings]
    assert send(kaggle_env, file, log_file)["status"] == "complete"


def test_ctrl_c_while_waiting_loses_nothing(kaggle_server, kaggle_env, file, log_file):
    kaggle_server.listings = [submission("PENDING")]
    process = start_python(SEND, kaggle_env, file, log_file, 600)
    deadline = time.monotonic() + 60
    while not kaggle_server.of("ListSubmissions"):
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.02)
    while process.poll() is None:  # Python drops an interrupt that comes in a finalizer
        assert time.monotonic() < deadline
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=10)
    assert [(row["ref"], row["status"]) for row in rows(log_file)] == [(str(REF), "pending")]


def test_nothing_is_sent_when_the_log_cannot_be_kept(kaggle_server, kaggle_env, file, log_file):
    log_file.parent.mkdir()
    log_file.write_bytes("ref,message\n1,première\n".encode("cp1252"))
    before = log_file.read_bytes()
    result = send(kaggle_env, file, log_file)
    assert str(log_file) in result["text"]
    assert "UTF-8" in result["text"]
    assert log_file.read_bytes() == before
    assert not kaggle_server.requests


def test_later_submissions_come_below_earlier_ones(log_file):
    log_submission(log_file, SENT, Score(1, "complete", 2.5, 2.0))
    log_submission(log_file, SENT, Score(2))
    log_submission(log_file, SENT, Score(2, "complete", 1.5, 1.0))
    assert [(row["ref"], row["public"]) for row in rows(log_file)] == [("1", "2.5"), ("2", "1.5")]
    assert [row["message"] for row in rows(log_file)] == [SENT["message"]] * 2
    assert log_file.read_text().splitlines()[0] == ",".join(COLUMNS)


def test_a_log_that_a_person_edited_keeps_every_cell(log_file):
    log_file.parent.mkdir()
    log_file.write_text(
        '\ufeffref,notes,time\r\n7,"mine, best",2026\r\n8,ragged\r\n', encoding="utf-8"
    )
    log_submission(log_file, SENT, Score(9, "complete", 2.5, 2.0))
    log_submission(log_file, SENT, Score(8))
    old, second, new = rows(log_file)
    assert (old["ref"], old["notes"], old["time"]) == ("7", "mine, best", "2026")
    assert (second["ref"], second["status"]) == ("8", "pending")
    assert (new["ref"], new["private"], new["time"]) == ("9", "2.0", SENT["time"])
    assert new["notes"] == ""
