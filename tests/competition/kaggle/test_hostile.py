"""A Kaggle that is slow, endless, wrong or echoing: the stages give up, and keep secrets."""

import os
import time
from pathlib import Path

import pytest
from support.csv_files import rows
from support.kaggle_client import UNTIDY
from support.kaggle_server import HOSTILE

from kaggle_fkd.competition.kaggle.download import download_bundle
from kaggle_fkd.competition.kaggle.kernel import write_kernel
from kaggle_fkd.competition.kaggle.run_kernel import run_kernel
from kaggle_fkd.competition.kaggle.upload import send
from kaggle_fkd.errors import FkdError, KaggleError
from kaggle_fkd.system import connection_watch

pytestmark = [pytest.mark.slow, UNTIDY]
KEY = "se+cr/et-0123456789"
CALLS = {
    "download": ["DownloadDataFiles", "archive.zip"],
    "submit": ["StartSubmissionUpload", "one", "CreateSubmission"],
    "score": ["ListSubmissions"],
    "kernel": [
        "SaveKernel", "GetKernelSessionStatus", "ListKernelSessionOutput", "submission.csv"
    ],
}  # fmt: skip
"""The requests of each stage."""
HARMLESS = {("one", "wrong"), ("GetKernelSessionStatus", "wrong")}
"""An upload is judged by its status, and the client takes any answer for that of a kernel in the
queue, which may take hours."""


@pytest.fixture
def here(kaggle_server, client_here, monkeypatch):
    """The client in this process, led to the server, which may be silent for half a second."""
    monkeypatch.setattr(connection_watch, "PATIENCE_S", 0.5)
    monkeypatch.setattr(connection_watch, "LOOK_S", 0.1)
    monkeypatch.setattr(connection_watch, "MAX_BYTES", 50 << 20)
    kaggle_server.kernel_files = {"submission.csv": b"RowId,Location\n1,66.5\n"}
    return kaggle_server


def run(stage: str, folder: Path) -> None:
    """What the stage asks of Kaggle."""
    folder.mkdir(exist_ok=True)
    if stage == "download":
        download_bundle(folder / ".incoming")
    elif stage == "kernel":
        name = write_kernel(folder / "kernel", "someone", "kaggle-fkd", [])
        run_kernel(name, folder / "kernel", folder / "output", poll_s=0.05)
    else:
        (folder / "a.csv").write_text("RowId,Location\n1,66.5\n")
        send(folder / "a.csv", "a message", "run", folder / "log.csv", poll_s=0.05)


@pytest.mark.parametrize("how", [how for how in HOSTILE if how != "echoing"])
@pytest.mark.parametrize("stage", ["download", "submit", "kernel"])
def test_a_stage_gives_up_with_one_line_that_names_the_cause(here, tmp_path, stage, how):
    for call in CALLS[stage]:
        if (call, how) in HARMLESS:
            continue
        here.hostile = {call: how}
        started = time.monotonic()
        with pytest.raises(FkdError) as caught:
            run(stage, tmp_path / f"{call}-{how}")
        assert time.monotonic() - started < 20, call
        assert "download stage" not in str(caught.value) and "\n" not in str(caught.value)
        if how in ("silent", "dripping", "endless"):
            assert "arrived" in caught.value.problem or "upload" in caught.value.problem, call
        if call == "CreateSubmission":
            assert "unknown whether" in caught.value.problem
            assert [row["status"] for row in rows(tmp_path / f"{call}-{how}" / "log.csv")] == [
                "sending"
            ]


@pytest.mark.parametrize("how", [how for how in HOSTILE if how != "echoing"])
def test_a_wait_for_scores_without_answers_ends_and_loses_nothing(here, tmp_path, how):
    here.hostile = {"ListSubmissions": how}
    run("score", tmp_path / how)
    assert [row["status"] for row in rows(tmp_path / how / "log.csv")] == ["pending"]


TOKEN = {"KAGGLE_API_TOKEN": KEY}
PLANTED = {
    "key": {"KAGGLE_USERNAME": "someone", "KAGGLE_KEY": KEY},
    "token": TOKEN,
    "token file": {"KAGGLE_API_TOKEN": "{home}/token"},
    "proxy": TOKEN | {"http_proxy": "http://someone:" + KEY.replace("/", "%2F") + "@{proxy}"},
}
HIDDEN_FORMS = (
    "cr/et-0123456789",
    "cr%2Fet-0123456789",
    "MDEyMzQ1Njc4",
    "AxMjM0NTY3OD",
    "wMTIzNDU2Nzg5",
)
"""Parts of the secret as it is, percent-encoded, and in base64 at its three positions."""


@pytest.mark.parametrize("planted", PLANTED.values(), ids=PLANTED)
@pytest.mark.parametrize("stage", CALLS)
def test_a_secret_that_the_server_repeats_in_any_form_is_nowhere(
    here, tmp_path, monkeypatch, capfd, stage, planted
):
    home = Path(os.environ["HOME"])
    (home / "token").write_text(f"{KEY}\n")
    monkeypatch.setenv("VERBOSE", "1")  # the client then prints its headers
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY"):
        monkeypatch.delenv(name)
    for name, value in planted.items():
        filled = value.format(home=home, proxy=f"127.0.0.1:{here.port}")
        monkeypatch.setenv(name, filled)
    said = []
    for call in CALLS[stage]:
        here.hostile = {call: "echoing"}
        try:
            run(stage, tmp_path / call)
        except KaggleError as error:
            said.append(str(error))
    out, err = capfd.readouterr()
    written = [
        path.read_text(errors="replace")
        for call in CALLS[stage]
        for path in (tmp_path / call).rglob("*")
        if path.is_file() and path.name != "kernel.py"
    ]
    assert "***" in "".join([*said, out, err])
    for form in HIDDEN_FORMS:
        assert form not in "".join([*said, out, err, *written])
