"""Requests to the server, as an ASGI server hands them over."""

import asyncio
import io
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import numpy as np
from fuzz.run_targets import FACES, NOSE
from fuzz.target import Target
from PIL import Image

from kaggle_fkd.errors import FkdError
from kaggle_fkd.evaluation.label_review import LabelReview
from kaggle_fkd.imaging.picture import read_picture
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.web.app import make_app

HOST = (b"host", b"127.0.0.1")
BOUNDARY = b"a-boundary"
DEFECT = 500
"""The lowest status that says that the server failed."""


class Answer(NamedTuple):
    """What the server answered."""

    status: int
    content: bytes


@cache
def _app() -> Any:
    return make_app(FaceKeypoints(), "the networks of the package")


def _ask(app: Any, scope: dict[str, Any], messages: Iterable[dict[str, Any]]) -> list[Any]:
    """The messages with which the application answers these."""
    waiting, sent = iter(messages), []

    async def receive() -> dict[str, Any]:
        return next(waiting, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app({"asgi": {"version": "3.0"}, "root_path": "", **scope}, receive, send))
    return sent


def _request(
    app: Any, method: str, target: bytes, body: bytes, *headers: tuple[bytes, bytes]
) -> Answer:
    path, _, query = target.partition(b"?")
    scope = {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "http",
        "path": unquote(path.decode("latin-1")), "raw_path": path, "query_string": query,
        "headers": [*headers], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    sent = _ask(app, scope, [{"type": "http.request", "body": body, "more_body": False}])
    content = b"".join(each.get("body", b"") for each in sent)
    return _checked(Answer(sent[0]["status"], content))


def _checked(answer: Answer) -> Answer:
    """The answer; AssertionError for that of a defect, FkdError for a refusal."""
    assert answer.status < DEFECT, f"the server answered {answer.status}: {answer.content[:200]!r}"
    if answer.status >= 400:
        if not answer.content.startswith(b"{"):  # of Starlette's own, about a file of the page
            raise FkdError(answer.content.decode(), "")
        refusal = json.loads(answer.content)
        raise FkdError(refusal["detail"], refusal["remedy"])
    return answer


@cache
def _picture(kind: str, side: int = 128) -> bytes:
    """A picture with a face."""
    stream = io.BytesIO()
    Image.fromarray(read_picture("astronaut")).resize((side, side)).save(stream, kind)
    return stream.getvalue()


def _write_posted(folder: Path) -> None:
    for kind in ("jpeg", "png", "webp"):
        (folder / f"body.{kind}").write_bytes(_picture(kind))


def _post_picture(folder: Path, file: Path) -> Answer:
    return _request(_app(), "POST", b"/v1/faces?format=csv", file.read_bytes(), HOST)


def _write_form(folder: Path) -> None:
    lines = [
        b"--" + BOUNDARY, b'Content-Disposition: form-data; name="note"', b"", b"hello",
        b"--" + BOUNDARY, b'Content-Disposition: form-data; name="file"; filename="a\xc3\xa9.jpg"',
        b"Content-Type: image/jpeg", b"", _picture("jpeg", 32), b"--" + BOUNDARY + b"--", b"",
    ]  # fmt: skip
    (folder / "form").write_bytes(b"\r\n".join(lines))


def _post_form(folder: Path, file: Path) -> Answer:
    kind = (b"content-type", b"multipart/form-data; boundary=" + BOUNDARY)
    return _request(_app(), "POST", b"/v1/drawing?filter=hat", file.read_bytes(), HOST, kind)


def _write_heads(folder: Path) -> None:
    heads = {
        "faces": b"POST /v1/faces?format=pts&points=15&face=1&network=the+networks+of+the+package",
        "drawing": b"POST /v1/drawing?points=68&filter=mask",
        "inside": b"POST /v1/inside?show=heat_map&keypoint=30&face=1&points=68",
        "thumbnail": b"GET /v1/filters/hat?points=15", "about": b"GET /v1/about",
        "page": b"GET /index.html",
    }  # fmt: skip
    for name, first in heads.items():
        lines = [first, b"host: 127.0.0.1:8015", b"origin: http://127.0.0.1:8015",
                 b"content-type: image/jpeg", b"content-length: 3000", b"range: bytes=0-99",
                 b"if-modified-since: Fri, 27 Nov 2026 00:00:00 GMT"]  # fmt: skip
        (folder / name).write_bytes(b"\n".join(lines))


def _send_head(folder: Path, file: Path) -> Answer:
    """Ask with what a server would take from these lines: the method, the address and headers."""
    first, *lines = file.read_bytes().split(b"\n")
    method, _, target = first.partition(b" ")
    headers = [
        (name.strip().lower(), value.strip())
        for name, colon, value in (line.partition(b":") for line in lines)
        if colon and not {*b"\r\0"} & {*name, *value}
    ]
    return _request(_app(), method.decode("latin-1"), target, _picture("jpeg", 64), *headers)


def _write_decisions(folder: Path) -> None:
    decisions = [
        {"keypoint": NOSE, "decision": "move", "x": 40.5, "y": 50},
        {"keypoint": FACES.scheme.names[0], "decision": "drop"},
        {"keypoint": "", "decision": "keep"},
    ]
    (folder / "decisions.json").write_text(json.dumps(decisions))


def _put_decisions(folder: Path, file: Path) -> Answer:
    predicted = np.ones((*FACES.keypoints.shape[:2], 3), np.float32)
    review = LabelReview(FACES, predicted, (), folder / "fixes.csv")
    app = make_app(_finder(), "the networks of the package", review=review)
    address = b"/v1/review/faces/%d/decisions" % FACES.ids[0]
    _request(app, "PUT", address, file.read_bytes(), HOST)
    return _request(app, "GET", b"/v1/review", b"", HOST)


@cache
def _finder() -> FaceKeypoints:
    return FaceKeypoints()


def _write_frames(folder: Path) -> None:
    (folder / "frame.jpg").write_bytes(_picture("jpeg"))
    (folder / "query").write_bytes(b"points=15&filter=sunglasses")


def _send_frame(folder: Path, file: Path) -> object:
    scope = {
        "type": "websocket", "path": "/v1/live", "raw_path": b"/v1/live", "scheme": "ws",
        "query_string": (folder / "query").read_bytes(), "headers": [HOST], "subprotocols": [],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    frame = {"type": "websocket.receive", "bytes": (folder / "frame.jpg").read_bytes()}
    left = {"type": "websocket.disconnect", "code": 1000}
    sent = _ask(_app(), scope, [{"type": "websocket.connect"}, frame, frame, left])
    answers = [json.loads(each["text"]) for each in sent if each.get("text")]
    for answer in answers:
        _checked(Answer(answer.get("status", 200), json.dumps(answer).encode()))
    return answers


TARGETS = (
    Target("posted pictures", _write_posted, _post_picture, ("web/upload.py",), regular=True),
    Target("posted form", _write_form, _post_form, ("web/upload.py",), regular=True),
    Target(
        "heads of requests", _write_heads, _send_head,
        ("web/guard.py", "web/faces.py", "web/drawing.py", "web/inside.py"), weight=8, regular=True,
    ),
    Target(
        "decisions about labels", _write_decisions, _put_decisions, ("web/review.py",), weight=8,
        regular=True,
    ),
    Target("frames of a camera", _write_frames, _send_frame, ("web/live.py",), regular=True),
)  # fmt: skip
