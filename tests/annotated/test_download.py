"""The download of Udacity's archive, from a local server."""

import shutil
import threading
import time
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support.annotated_pictures import write_pts, write_udacity, zipped

from kaggle_fkd.annotated.download import download_udacity
from kaggle_fkd.annotated.load import load_annotated
from kaggle_fkd.errors import DataError, FkdError
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.system import connection_watch


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A folder and the address that serves it."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    folder = tmp_path / "served"
    folder.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            if self.path in ("/drip.zip", "/endless.zip"):
                self.send_response(200)
                self.end_headers()
                piece, pause = (b"x", 0.02) if "drip" in self.path else (bytes(1 << 20), 0)
                with suppress(OSError):
                    while True:
                        self.wfile.write(piece)
                        time.sleep(pause)
                return None
            if not self.path.startswith("/cut"):
                return super().do_GET()
            body = (folder / self.path[1:]).read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            return self.wfile.write(body[:-200])

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_downloaded_archive_can_be_read(tmp_path, served):
    folder, address = served
    zipped(write_udacity(tmp_path / "frames"), folder / "archive.zip")
    target = download_udacity(tmp_path / "new" / "youtube68.zip", f"{address}/archive.zip")
    assert len(load_annotated([target], IBUG68, 32, 4)) == 3


@pytest.mark.parametrize(
    ("name", "problem"),
    [("gone.zip", "404"), ("page.zip", "not a zip"), ("cut.zip", "download failed")],
)
def test_a_failed_download_names_the_remedy_and_keeps_the_old_file(tmp_path, served, name, problem):
    folder, address = served
    (folder / "page.zip").write_text("<html>Log in first</html>")
    zipped(write_pts(tmp_path / "pts"), folder / "cut.zip")
    target = tmp_path / "target" / "youtube68.zip"
    target.parent.mkdir()
    shutil.copy(folder / "cut.zip", target)
    before = target.read_bytes()
    with pytest.raises(DataError, match=problem) as caught:
        download_udacity(target, f"{address}/{name}")
    assert "in a browser" in caught.value.remedy
    assert target.read_bytes() == before
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("drip.zip", "less than 1 MiB arrived in 1 seconds"),
        ("endless.zip", "more than 0 GiB arrived"),
    ],
)
def test_a_download_without_an_end_is_given_up(tmp_path, served, monkeypatch, name, problem):
    monkeypatch.setattr(connection_watch, "PATIENCE_S", 1)
    monkeypatch.setattr(connection_watch, "MAX_BYTES", 20_000_000)
    with pytest.raises(DataError, match=problem):
        download_udacity(tmp_path / "new" / "youtube68.zip", f"{served[1]}/{name}")
    assert list((tmp_path / "new").iterdir()) == []


def test_a_password_in_an_address_is_not_shown(tmp_path):
    address = "http://user:hidden@127.0.0.1:9/archive.zip"
    with pytest.raises(DataError) as caught:
        download_udacity(tmp_path / "youtube68.zip", address)
    assert "hidden" not in str(caught.value)
    assert "http://***@127.0.0.1:9/archive.zip" in caught.value.problem


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://[x/", "not a valid host"),
        (f"http://{'a' * 300}/", "too long"),
        ("youtube68.zip", "No scheme supplied"),
    ],
)
def test_an_address_that_is_not_one_is_rejected(tmp_path, url, problem):
    with pytest.raises(DataError, match=problem):
        download_udacity(tmp_path / "youtube68.zip", url)


def test_a_missing_network_and_an_unusable_folder_are_different_errors(tmp_path, served):
    folder, address = served
    with pytest.raises(DataError, match="download failed: Connection refused ->") as caught:
        download_udacity(tmp_path / "youtube68.zip", "http://127.0.0.1:9/archive.zip")
    assert len(str(caught.value)) < 250  # the innermost cause, not the exceptions around it
    zipped(write_pts(tmp_path / "pts"), folder / "archive.zip")
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(FkdError, match="cannot write"):
        download_udacity(tmp_path / "file" / "youtube68.zip", f"{address}/archive.zip")
