"""The whole program with the real Kaggle client, against the local server."""

import csv
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.command_line import QUICK, real_data
from support.kaggle_client import UNTIDY
from support.kaggle_server import LOGIN_PATH, ROOT, UPLOAD_PATH

from kaggle_fkd.cli import main
from kaggle_fkd.competition.archive import BUNDLE

TABLES = ("training.csv", "test.csv", "IdLookupTable.csv", "SampleSubmission.csv")


@pytest.fixture
def bundle(sample_dir, tmp_path) -> bytes:
    """A small competition zipped as Kaggle does it."""
    folder = real_data(sample_dir, tmp_path / "as-shipped")
    path = tmp_path / "as-shipped.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as outer:
        for name in TABLES:
            if name.startswith("t"):  # the image tables are zipped once more
                inner = io.BytesIO()
                with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
                    archive.write(folder / name, name)
                outer.writestr(name.replace(".csv", ".zip"), inner.getvalue())
            else:
                outer.write(folder / name, name)
    return path.read_bytes()


def run(folder: Path, env, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "run_pipeline.py"), *arguments], cwd=folder, env=env,
        capture_output=True, text=True, timeout=200,
    )  # fmt: skip


@UNTIDY
def test_from_kaggle_to_a_scored_submission_that_is_sent_after_a_yes(
    kaggle_server, kaggle_env, client_here, bundle, tmp_path, monkeypatch, capfd
):
    def call(*arguments):
        """Exit code, stdout and stderr of another call, which is made in this process."""
        capfd.readouterr()
        return main([*arguments]), *capfd.readouterr()

    kaggle_server.bundle = bundle
    monkeypatch.chdir(tmp_path)
    answer = run(tmp_path, kaggle_env, "--stage", "download,train,predict", *QUICK)
    assert answer.returncode == 0, answer.stderr
    assert "SAMPLE" not in answer.stderr
    assert [path.name for path in (tmp_path / "data").glob("*.zip")] == [BUNDLE]
    assert not (tmp_path / "data" / ".incoming").exists()
    (line,) = answer.stdout.splitlines()  # the client's prints are elsewhere
    downloads = len(kaggle_server.of("DownloadDataFiles"))

    code, _, _ = call("--stage", "download")
    assert code == 0 and len(kaggle_server.of("DownloadDataFiles")) == downloads

    requests = len(kaggle_server.requests)
    code, _, err = call("--stage", "submit")
    assert code == 0 and "nothing was sent" in err
    assert len(kaggle_server.requests) == requests

    code, out, err = call("--stage", "submit", "--yes", "--message", "first try")
    assert code == 0, err
    assert "private RMSE" in err and out == ""
    (upload,) = kaggle_server.of(UPLOAD_PATH.rsplit("/", 1)[-1])
    assert upload.body == Path(line).read_bytes()
    with (tmp_path / "submissions" / "log.csv").open(newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert (row["message"], row["status"], row["file"]) == ("first try", "complete", line)
    assert row["run"] == Path(line).stem and float(row["private"]) > 0


def test_a_first_download_without_a_network_names_the_networks_error(kaggle_env, tmp_path):
    answer = run(tmp_path, kaggle_env | {"http_proxy": "http://127.0.0.1:9"}, "--stage", "download")
    assert answer.returncode == 1 and "Connection refused" in answer.stderr
    assert "holds none" not in answer.stderr


@pytest.mark.usefixtures("client_here")
@UNTIDY
@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ((401, "Unauthenticated"), "rejects the credentials"),
        ((403, "You must accept this competition's rules"), "/facial-keypoints-detection/rules"),
        ((404, "Not found"), "does not find the competition"),
        ((500, "Oops"), "wait some minutes"),
    ],
)
def test_a_refusal_of_kaggle_is_one_message_and_no_reason_to_fall_back(
    kaggle_server, place, refusal, words
):
    kaggle_server.refusals["DownloadDataFiles"] = refusal
    code, out, err = place("--stage", "all")
    assert code == 1 and out == ""
    assert words in err and err.count("error:") == 1
    assert "Traceback" not in err
    assert not (place.data / "sample").exists()


@pytest.mark.usefixtures("client_here")
@UNTIDY
def test_a_login_page_or_another_archive_leaves_no_data_behind(kaggle_server, place):
    kaggle_server.bundle_path = LOGIN_PATH
    code, _, err = place("--stage", "download")
    assert code == 1 and "web page" in err
    kaggle_server.bundle_path = type(kaggle_server)().bundle_path
    code, _, err = place("--stage", "download")  # the server's own zip of noise
    assert code == 1 and "test.csv" in err
    assert not (place.data / BUNDLE).exists()
