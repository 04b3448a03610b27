"""The networks that requests choose by their name."""

import os
import shutil

import pytest
from starlette.testclient import TestClient
from support.web_refusals import refusal_in

from kaggle_fkd.errors import UsageError
from kaggle_fkd.photo.finder_config import FinderConfig
from kaggle_fkd.web.app import make_app
from kaggle_fkd.web.choice import NetworkChoice

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client(finder, lenet_file):
    others = {
        "mine": FinderConfig(lenet_file),
        "gone": FinderConfig(lenet_file.with_name("gone.onnx")),
    }
    app = make_app(finder, "package", others=lambda: others)
    with TestClient(app, base_url="http://localhost") as client:
        yield client


def test_requests_choose_networks_by_their_name(client, astronaut):
    about = client.get("/v1/about").json()
    assert about["network"] == "package" and about["networks"] == ["package", "mine", "gone"]
    about = client.get("/v1/about?network=mine").json()
    assert about["network"] == "mine" and [each["points"] for each in about["schemes"]] == [15]
    (face,) = client.post("/v1/faces?network=mine", content=astronaut).json()["faces"]
    assert len(face["keypoints"]) == 15
    for address in ("/v1/drawing?network=mine", "/v1/inside?network=mine&show=chip"):
        assert client.post(address, content=astronaut).status_code == 200
    assert client.get("/v1/filters/hat?network=mine").status_code == 200
    with client.websocket_connect("ws://localhost/v1/live?network=mine") as camera:
        camera.send_bytes(astronaut)
        assert len(camera.receive_json()["names"]) == 15


def test_networks_are_opened_once(finder, lenet_file):
    choice = NetworkChoice(finder, "package", lambda: {"mine": FinderConfig(lenet_file)})
    assert choice.open("mine") is choice.open("mine") is choice.opened("mine")


def test_networks_that_were_trained_further_are_opened_anew_and_deleted_ones_are_gone(
    finder, lenet_file, tmp_path
):
    file = tmp_path / "mine.onnx"
    shutil.copy(lenet_file, file)
    others = {"mine": FinderConfig(file)}
    choice = NetworkChoice(finder, "package", lambda: others)
    first = choice.open("mine")
    assert choice.opened("mine") is first
    os.utime(file, ns=(1, 1))
    assert choice.opened("mine") is None
    assert choice.open("mine") is not first
    file.unlink()
    others.clear()
    assert choice.opened("mine") is None
    with pytest.raises(UsageError, match="no networks called 'mine'"):
        choice.open("mine")


def test_networks_that_do_not_exist_or_cannot_be_used_are_refused(client, astronaut, capsys):
    answer = client.post("/v1/faces?network=yours", content=astronaut)
    assert "'yours' -> choose one of package, mine, gone" in refusal_in(answer, 400)
    answer = client.post("/v1/faces?network=gone", content=astronaut)
    assert "the networks of gone cannot be used -> see the server" in refusal_in(answer, 422)
    assert "gone.onnx: cannot be read" in capsys.readouterr().err
