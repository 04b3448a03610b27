"""More work than can be done, work that takes too long, and work that fails."""

import pytest
from starlette.testclient import TestClient
from support.web_refusals import refusal_in

from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.finder_config import FinderConfig
from kaggle_fkd.web.app import make_app
from kaggle_fkd.web.work_queue import WorkQueue

ADDRESS, LIVE = "http://127.0.0.1", "ws://127.0.0.1/v1/live"


@pytest.mark.parametrize("address", ["/v1/faces", "/v1/drawing"])
def test_a_busy_server_says_when_to_ask_again(finder, astronaut, address):
    queue = WorkQueue(places=1)
    with TestClient(make_app(finder, "", queue), base_url=ADDRESS) as client:
        with queue.place():
            answer = client.post(address, content=astronaut)
            assert "the server is busy" in refusal_in(answer, 503)
            assert int(answer.headers["retry-after"]) > 0
            assert client.get("/v1/filters/hat").status_code == 200
        assert client.post(address, content=astronaut).status_code == 200


def test_a_request_is_not_waited_for_endlessly(finder, astronaut):
    with TestClient(make_app(finder, "", WorkQueue(seconds=0)), base_url=ADDRESS) as client:
        answer = client.post("/v1/faces", content=astronaut)
        refusal = refusal_in(answer, 503)
        assert "not finished within 0 seconds -> try again, or with a smaller" in refusal


def test_networks_that_take_long_to_open_are_no_fault_of_the_picture(finder, lenet_file):
    others = {"mine": FinderConfig(lenet_file)}
    app = make_app(finder, "package", WorkQueue(seconds=0), others=lambda: others)
    with TestClient(app, base_url=ADDRESS) as client:
        refusal = refusal_in(client.get("/v1/about?network=mine"), 503)
        assert "the networks are being opened: try again in a moment" in refusal


def test_a_failure_is_answered_without_its_details_which_the_terminal_has(astronaut, capsys):
    def failing(picture):
        raise RuntimeError("/home/me/secret")

    app = make_app(FaceKeypoints(detector=failing), "")
    with TestClient(app, base_url=ADDRESS, raise_server_exceptions=False) as client:
        answer = client.post("/v1/faces", content=astronaut)
        assert "failed unexpectedly" in refusal_in(answer, 500) and "secret" not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"
        with client.websocket_connect(LIVE) as camera:
            camera.send_bytes(astronaut)
            assert camera.receive_json()["status"] == 500
    assert capsys.readouterr().err.count("unexpected RuntimeError: /home/me/secret") == 2
