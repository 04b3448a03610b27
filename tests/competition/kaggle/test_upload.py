"""Submitting with the real client against a server that does as it is told."""

import dataclasses
import hashlib
import json
import os
import signal
import subprocess
import time
from contextlib import suppress

import pytest
from support.csv_files import rows
from support.kaggle_client import UNTIDY, environment_of, run_python, start_python
from support.kaggle_server import REF, UPLOAD_PATH, submission

from kaggle_fkd.competition.kaggle import upload
from kaggle_fkd.errors import FkdError

pytestmark = UNTIDY
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
DAILY_LIMIT = (
    "Submission not allowed: Your team has used its daily Submission allowance (5) today, "
    "please try again tomorrow UTC (4.2 hours from now)."
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "submission.csv"
    path.write_text("RowId,Location\n1,66.5\n")
    return path


def send(env, file, log_file, wait_s=20.0):
    """The score, or the error's kind and text."""
    with environment_of(env):
        try:
            score = upload.send(file, "two words", "run-1", log_file, wait_s, poll_s=0.05)
        except FkdError as error:
            return {"error": type(error).__name__, "text": str(error)}
    return dataclasses.asdict(score)


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


def test_a_failed_upload_leaves_the_log_as_it_was(kaggle_server, kaggle_env, file, log_file):
    send(kaggle_env, file, log_file)
    before = log_file.read_text()
    kaggle_server.upload_status = 403
    send(kaggle_env, file, log_file)
    assert log_file.read_text() == before


def test_a_submission_is_logged_before_it_is_sent(kaggle_server, kaggle_env, file, log_file):
    logged = []
    kaggle_server.hooks["StartSubmissionUpload"] = lambda: logged.extend(rows(log_file))
    send(kaggle_env, file, log_file)
    [before], [after] = logged, rows(log_file)
    assert (before["file"], before["ref"], before["status"]) == (str(file), "", "sending")
    assert (after["ref"], after["status"]) == (str(REF), "complete")


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("CreateSubmission", "(status pending)"),
        ("ListSubmissions", "(status complete, private RMSE 1.4592, public RMSE 1.87379)"),
    ],
)
def test_a_log_that_fails_after_the_upload_does_not_hide_that_it_was_sent(
    kaggle_server, kaggle_env, file, log_file, call, told
):
    moved = log_file.parent.with_name("moved")

    def break_log():
        log_file.parent.rename(moved)
        log_file.parent.touch()  # a file where the log's folder should be

    kaggle_server.hooks[call] = break_log
    result = send(kaggle_env, file, log_file)
    assert result["error"] == "FkdError"
    assert f"submission {REF} WAS sent {told}, but not logged" in result["text"]
    assert "do not send it again" in result["text"]
    assert len(rows(moved / log_file.name)) == 1


@pytest.mark.parametrize("ref", ["forty-two", "9" * 5000, -3, 1.5, [1]])
def test_a_number_that_cannot_be_read_leaves_the_submission_in_the_log(
    kaggle_server, kaggle_env, file, log_file, ref
):
    kaggle_server.created = {"message": "Successfully submitted", "ref": ref}
    result = send(kaggle_env, file, log_file)
    assert result["error"] == "KaggleError"
    assert "unknown whether" in result["text"] and "before you send it again" in result["text"]
    assert len(result["text"]) < 1000
    assert [row["status"] for row in rows(log_file)] == ["sending"]


def test_a_file_name_that_is_not_utf8_is_rejected_before_the_upload(
    kaggle_server, kaggle_env, file, log_file
):
    renamed = file.rename(file.with_name(os.fsdecode(b"premi\xe8re.csv")))
    result = send(kaggle_env, renamed, log_file)
    assert result["error"] == "FkdError"
    assert "is not valid UTF-8" in result["text"] and "rename the file" in result["text"]
    assert not kaggle_server.of("StartSubmissionUpload")
    assert not log_file.exists()


def test_whether_a_failed_request_made_a_submission_may_be_unknown(
    kaggle_server, kaggle_env, file, log_file
):
    kaggle_server.refusals["StartSubmissionUpload"] = (500, "Internal error")
    assert "unknown whether" not in send(kaggle_env, file, log_file)["text"]
    assert not log_file.exists()
    kaggle_server.refusals = {"CreateSubmission": (500, "Internal error")}
    result = send(kaggle_env, file, log_file)
    assert result["error"] == "KaggleError"
    assert "unknown whether" in result["text"] and "internal error" in result["text"]
    assert [row["status"] for row in rows(log_file)] == ["sending"]


def test_a_submission_without_a_number_is_not_taken_for_sent(
    kaggle_server, kaggle_env, file, log_file
):
    kaggle_server.created = {"message": "Something odd"}
    result = send(kaggle_env, file, log_file)
    assert result["error"] == "KaggleError"
    assert "Something odd" in result["text"]


@pytest.mark.parametrize("call", ["StartSubmissionUpload", "CreateSubmission"])
def test_the_daily_limit_is_reported(kaggle_server, kaggle_env, file, log_file, call):
    kaggle_server.refusals[call] = (400, DAILY_LIMIT)
    result = send(kaggle_env, file, log_file)
    assert result["error"] == "KaggleError"
    assert "daily limit" in result["text"]
    assert "4.2 hours" in result["text"]
    assert not log_file.exists()


def test_an_error_that_kaggle_finds_is_reported_and_logged(
    kaggle_server, kaggle_env, file, log_file
):
    kaggle_server.listings = [submission("ERROR", errorDescription="27124 rows expected")]
    result = send(kaggle_env, file, log_file)
    assert result["error"] == "SubmissionError"
    assert "27124 rows expected" in result["text"]
    assert [row["status"] for row in rows(log_file)] == ["error"]
    again = run_python(SEND, kaggle_env, file, log_file, 20)
    assert "27124 rows expected" in again.result["text"]
    assert "may have been submitted" not in again.stderr


def test_late_scores_leave_the_submission_pending(kaggle_server, kaggle_env, file, log_file):
    kaggle_server.listings = [submission("PENDING")]
    assert send(kaggle_env, file, log_file, wait_s=0.2)["status"] == "pending"
    assert [(row["ref"], row["status"]) for row in rows(log_file)] == [(str(REF), "pending")]


def test_a_submission_whose_scores_were_late_is_scored_by_the_next_call_and_not_sent_again(
    kaggle_server, kaggle_env, file, log_file
):
    complete = kaggle_server.listings
    kaggle_server.listings = [submission("PENDING")]
    send(kaggle_env, file, log_file, wait_s=0.2)
    [pending] = rows(log_file)
    kaggle_server.listings = complete
    score = send(kaggle_env, file, log_file)
    assert (score["status"], score["private"]) == ("complete", 1.4592)
    [row] = rows(log_file)
    assert row == pending | {"status": "complete", "public": "1.87379", "private": "1.4592"}
    requests = len(kaggle_server.requests)
    assert send(kaggle_env, file, log_file) == score  # the log knows it
    assert len(kaggle_server.requests) == requests
    assert len(kaggle_server.of("CreateSubmission")) == 1
    file.write_text("RowId,Location\n1,66.75\n")
    kaggle_server.created |= {"ref": REF + 10}
    kaggle_server.listings = [submission("PENDING", ref=REF + 10)]
    send(kaggle_env, file, log_file, wait_s=0.2)  # another content is another submission
    assert len(kaggle_server.of("CreateSubmission")) == 2 and len(rows(log_file)) == 2


def test_two_calls_that_send_the_same_file_at_once_submit_it_once(
    kaggle_server, kaggle_env, file, log_file
):
    calls = [start_python(SEND, kaggle_env, file, log_file, 20) for _ in range(2)]
    ends = [call.communicate(timeout=60) for call in calls]
    assert [json.loads(out)["status"] for out, _ in ends] == ["complete"] * 2, ends
    assert len(kaggle_server.of("CreateSubmission")) == 1 and len(rows(log_file)) == 1


def test_an_upload_that_was_cut_off_is_said_and_sent_again(
    kaggle_server, kaggle_env, file, log_file
):
    kaggle_server.hostile["CreateSubmission"] = "truncated"
    assert "unknown" in send(kaggle_env, file, log_file)["text"]
    del kaggle_server.hostile["CreateSubmission"]
    outcome = run_python(SEND, kaggle_env, file, log_file, 20)
    assert outcome.result["status"] == "complete"
    assert "may have been submitted before" in outcome.stderr
    assert [row["status"] for row in rows(log_file)][-1] == "complete"


def test_a_file_that_cannot_be_read_is_neither_sent_nor_logged(
    kaggle_server, kaggle_env, file, log_file
):
    result = send(kaggle_env, file.with_name("none.csv"), log_file)
    assert result["error"] == "SubmissionError"
    assert "none.csv cannot be read" in result["text"] and "unknown" not in result["text"]
    assert not kaggle_server.requests and not log_file.exists()


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
