"""A stand-in for Kaggle's API on 127.0.0.1, and the environment that leads the real client to it.

As KAGGLE_API_ENVIRONMENT=LOCALHOST the client calls http://localhost/api/v1/..., and http_proxy
brings those calls here, in absolute form. Its fixture reaches the tests through conftest.py.
"""

import io
import json
import random
import sys
import threading
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
MIB = 2**20
LOGIN_PAGE = b"<!DOCTYPE html><html><title>Login | Kaggle</title></html>"
LOGIN_PATH = "/account/login"
BUNDLE_PATH = "/storage/bundle/archive.zip"
UPLOAD_PATH = "/upload/one"
OUTPUT_PATH = "/output/"
KERNEL_PAGE = "https://www.kaggle.com/code/someone/kaggle-fkd"
REF = 4711


def a_bundle(size: int = 3 * MIB) -> bytes:
    """A zip of `size` incompressible bytes: the client writes whole mebibytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("training.zip", random.Random(0).randbytes(size))
    return buffer.getvalue()


HOSTILE = ("silent", "dripping", "endless", "truncated", "wrong", "circular", "echoing")


@dataclass
class Request:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def call(self) -> str:
        """The API method, such as `DownloadDataFiles`, or the path's last part."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def json(self) -> dict:
        return json.loads(self.body)


@dataclass
class KaggleServer:
    """What the server answers, for a test to change, and the requests that it received."""

    port: int = 0
    requests: list[Request] = field(default_factory=list)

    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Status and message with which an API method answers."""
    token_is_active: bool = True
    bundle: bytes = field(default_factory=a_bundle)
    etag: str = '"first"'
    bundle_path: str = BUNDLE_PATH
    """Where DownloadDataFiles redirects to; `LOGIN_PATH` has the login page."""
    cuts: list[int] = field(default_factory=list)
    """For each coming download, the number of bytes after which the connection breaks."""
    stalls: bool = False
    """Whether the connection stays open and silent instead of breaking."""
    upload_status: int = 200
    created: dict = field(default_factory=lambda: {"message": "Successfully submitted", "ref": REF})
    listings: list = field(default_factory=lambda: [complete_submission()])
    """What each coming ListSubmissions answers, a submission, None or a status; the last stays."""
    pushed: dict = field(default_factory=lambda: {"url": KERNEL_PAGE, "versionNumber": 1})
    """What SaveKernel answers."""
    kernel_states: list[str] = field(default_factory=lambda: ["QUEUED", "RUNNING", "COMPLETE"])
    """What each coming GetKernelSessionStatus answers; the last stays."""
    kernel_failure: str = ""
    """What Kaggle says of a kernel that failed."""
    kernel_files: dict[str, bytes] = field(default_factory=dict)
    """The files of its output, by name."""
    kernel_log: str = ""
    hostile: dict[str, str] = field(default_factory=dict)
    """How that API method or file is answered: one of `HOSTILE`."""
    hooks: dict[str, Callable[[], object]] = field(default_factory=dict)
    """What happens when a call of that API method arrives, before it is answered."""

    released: threading.Event = field(default_factory=threading.Event)

    def of(self, call: str) -> list[Request]:
        """The requests for that API method or file."""
        return [request for request in self.requests if request.call == call]


def submission(status: str, **fields: str) -> dict:
    """One entry of ListSubmissions, as Kaggle writes it."""
    date = "2026-11-20T10:00:00.000Z"
    return {"ref": REF, "date": date, "status": status, "fileName": "a.csv", **fields}


def complete_submission() -> dict:
    return submission("COMPLETE", publicScore="1.87379", privateScore="1.45920")


def decoded(header: str) -> list[str]:
    """User name and password of basic authentication, as they are and percent-encoded."""
    if not header.startswith("Basic "):
        return []
    pair = b64decode(header.removeprefix("Basic ")).decode()
    return [pair, quote(pair, safe="")]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: KaggleServer

    def do_POST(self):
        request = self._record()
        self.state.hooks.get(request.call, lambda: None)()
        if request.call in self.state.hostile:
            self._be_hostile(request)
        elif request.call in self.state.refusals:
            status, message = self.state.refusals[request.call]
            self._json({"code": status, "message": message}, status)
        else:
            getattr(self, f"_{request.call}")(request)

    def do_GET(self):
        request = self._record()
        if request.call in self.state.hostile:
            self._be_hostile(request)
        elif request.path == LOGIN_PATH:
            self._send(200, LOGIN_PAGE, {"Content-Type": "text/html"})
        elif request.path.startswith(OUTPUT_PATH):
            content = self.state.kernel_files[request.path.removeprefix(OUTPUT_PATH)]
            modified = {"Last-Modified": "Tue, 07 May 2013 00:00:00 GMT"}
            self._send(200, content, modified)
        else:
            self._file(request)

    def do_PUT(self):
        request = self._record()
        if request.call in self.state.hostile:
            self._be_hostile(request)
        else:
            self._send(self.state.upload_status, b"", {})

    def _be_hostile(self, request):
        getattr(self, f"_{self.state.hostile[request.call]}")(request)

    def _silent(self, request):
        self.state.released.wait(60)
        self.close_connection = True

    def _dripping(self, request):
        self._repeat(b" ", 0.05)

    def _endless(self, request):
        self._repeat(bytes(MIB), 0)

    def _repeat(self, piece, pause):
        """An answer without an end."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.close_connection = True
        with suppress(OSError):
            while not self.state.released.wait(pause):
                self.wfile.write(piece)

    def _truncated(self, request):
        self._send(200, b'{"token": "and so on"}', {"Content-Type": "application/json"}, cut=5)

    def _wrong(self, request):
        self._json(["anything", {"else": None}])

    def _circular(self, request):
        self._send(302, b"", {"Location": f"http://localhost{request.path}"})

    def _echoing(self, request):
        """Refuse, and repeat in headers and message what was sent to authenticate it."""
        sent = [request.headers.get(name, "") for name in ("Authorization", "Proxy-Authorization")]
        spelt = [
            text for each in sent
            for text in (each, quote(each), b64encode(each.encode()).decode(),
                         b64encode(f"you sent {each}!".encode()).decode(), *decoded(each))
        ]  # fmt: skip
        body = json.dumps({"code": 400, "message": f"not allowed: {' '.join(spelt)}"}).encode()
        headers = {"Content-Type": "application/json", "Server": sent[0], "X-Echo": spelt[-1]}
        self._send(400, body, headers)

    def _IntrospectToken(self, request):  # noqa: N802
        self._json({"active": self.state.token_is_active, "username": "someone"})

    def _DownloadDataFiles(self, request):  # noqa: N802
        self._send(302, b"", {"Location": f"http://localhost{self.state.bundle_path}"})

    def _StartSubmissionUpload(self, request):  # noqa: N802
        self._json({"token": "blob-token", "createUrl": f"http://localhost{UPLOAD_PATH}"})

    def _CreateSubmission(self, request):  # noqa: N802
        self._json(self.state.created)

    def _ListSubmissions(self, request):  # noqa: N802
        listings = self.state.listings
        listing = listings.pop(0) if len(listings) > 1 else listings[0]
        if isinstance(listing, int):
            self._json({"code": listing, "message": "Internal error"}, listing)
        else:
            teammates = submission("ERROR", errorDescription="a team mate's") | {"ref": REF + 1}
            self._json({"submissions": [teammates, listing] if listing else [teammates]})

    def _SaveKernel(self, request):  # noqa: N802
        self._json(self.state.pushed)

    def _GetKernelSessionStatus(self, request):  # noqa: N802
        states = self.state.kernel_states
        state = states.pop(0) if len(states) > 1 else states[0]
        self._json({"status": state, "failureMessage": self.state.kernel_failure})

    def _ListKernelSessionOutput(self, request):  # noqa: N802
        files = [
            {"url": f"http://localhost{OUTPUT_PATH}{name}", "fileName": name}
            for name in self.state.kernel_files
        ]
        self._json({"files": files, "log": self.state.kernel_log})

    def _file(self, request):
        """The bundle, all of it or from the byte that a valid Range asks for."""
        state, total = self.state, len(self.state.bundle)
        headers = {
            "Content-Type": "application/zip",
            "ETag": state.etag,
            "Last-Modified": "Tue, 07 May 2013 00:00:00 GMT",
            "Accept-Ranges": "bytes",
        }
        start, status = 0, 200
        if "Range" in request.headers and request.headers.get("If-Range") == state.etag:
            start = int(request.headers["Range"].removeprefix("bytes=").rstrip("-"))
            headers["Content-Range"] = f"bytes {start}-{total - 1}/{total}"
            status = 206
        cut = state.cuts.pop(0) if state.cuts else None
        self._send(status, state.bundle[start:], headers, cut)

    def _record(self) -> Request:
        parts = urlsplit(self.path)
        assert parts.hostname == "localhost", f"a call to another host: {self.path}"
        request = Request(self.command, parts.path, dict(self.headers), self._body())
        self.state.requests.append(request)
        return request

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _json(self, value: dict, status: int = 200):
        self._send(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str], cut: int | None = None):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:cut])
        if cut is not None:
            self.close_connection = True
            if self.state.stalls:
                self.wfile.flush()
                self.state.released.wait(60)

    def log_message(self, *arguments):
        """Keep the tests' output clean."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Ignore a client that was killed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def listening(state: KaggleServer) -> ThreadingHTTPServer:
    """A server that answers as `state` says, on a free port, which it is told."""
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"state": state}))
    state.port = server.server_port
    return server


def way_to(port: int) -> dict[str, str]:
    """The environment variables that lead the client to the server at that port."""
    return {
        "KAGGLE_API_ENVIRONMENT": "LOCALHOST",
        "http_proxy": f"http://127.0.0.1:{port}",
        "no_proxy": "",
    }


@pytest.fixture
def kaggle_server():
    """A running `KaggleServer` that answers as Kaggle does when all is well."""
    state = KaggleServer()
    server = listening(state)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield state
    state.released.set()
    server.shutdown()
    thread.join()
    server.server_close()
