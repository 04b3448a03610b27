"""WS /v1/live: frames in, faces with their numbers out."""

import io
from contextlib import ExitStack

import numpy as np
import pytest
from PIL import Image
from starlette.websockets import WebSocketDisconnect

from kaggle_fkd.imaging.picture import ASTRONAUT_FILE
from kaggle_fkd.web.live import MAX_CAMERAS

LIVE = "ws://127.0.0.1/v1/live"


def frame(shift: int = 0, width: int = 512) -> bytes:
    """A JPEG of the astronaut, moved to the right."""
    with Image.open(ASTRONAUT_FILE) as image:
        moved = np.roll(np.asarray(image.convert("RGB")), shift, axis=1)
    file = io.BytesIO()
    Image.fromarray(moved).resize((width, 512)).save(file, "jpeg")
    return file.getvalue()


def test_a_face_keeps_its_number_from_frame_to_frame(client):
    with client.websocket_connect(LIVE) as camera:
        seen = []
        for shift in (0, 6, 12, 18):
            camera.send_bytes(frame(shift))
            answer = camera.receive_json()
            face, *_ = answer["faces"]
            seen.append(face["box"][0])
            assert face["number"] == 1 and len(face["keypoints"]) == 68
            assert answer["width"] == 512 and answer["milliseconds"] > 0
        assert seen[-1] - seen[0] == pytest.approx(18, abs=4)


def test_a_frame_comes_back_with_the_filter_that_was_asked_for(client):
    with client.websocket_connect(f"{LIVE}?points=15&filter=mask") as camera:
        camera.send_bytes(frame())
        face, *_ = camera.receive_json()["faces"]
        drawn = Image.open(io.BytesIO(camera.receive_bytes()))
        assert len(face["keypoints"]) == 15 and drawn.format == "JPEG"
        plain = Image.open(io.BytesIO(frame()))
        changed = np.abs(np.array(drawn, int) - np.array(plain, int)).max(axis=2) > 60
        assert 500 < changed.sum() < 20000


def test_frames_that_cannot_be_used_are_refused_and_the_next_is_answered(client):
    with client.websocket_connect(LIVE) as camera:
        camera.send_bytes(b"hello")
        assert camera.receive_json()["detail"] == "the frame is not a picture, or is damaged"
        camera.send_bytes(frame(width=5000))
        assert camera.receive_json()["detail"] == "the frame has more than 2 million pixels"
        camera.send_text("hello")
        assert camera.receive_json()["status"] == 400
        camera.send_bytes(frame())
        assert camera.receive_json()["faces"]


@pytest.mark.parametrize("query", ["points=7", "filter=hats"])
def test_a_camera_with_an_impossible_query_is_refused(client, query):
    with client.websocket_connect(f"{LIVE}?{query}") as camera:
        assert camera.receive_json()["status"] == 400
        with pytest.raises(WebSocketDisconnect):
            camera.receive_json()


def test_one_camera_too_many_is_refused_until_another_leaves(client):
    with ExitStack() as others:
        for _ in range(MAX_CAMERAS):
            other = others.enter_context(client.websocket_connect(LIVE))
            other.send_bytes(b"")
            other.receive_json()
        with client.websocket_connect(LIVE) as camera:
            assert "4 cameras are connected already" in camera.receive_json()["detail"]
    with client.websocket_connect(LIVE) as camera:
        camera.send_bytes(frame())
        assert camera.receive_json()["faces"]
