"""GET /v1/about, and networks with keypoints of their own."""

import pytest
from starlette.testclient import TestClient
from support.web_refusals import refusal_in

from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.overlay.builtin import filter_names
from kaggle_fkd.web.app import make_app


def test_it_says_what_the_networks_and_the_server_can_do(client):
    about = client.get("/v1/about").json()
    assert [(each["name"], each["points"]) for each in about["schemes"]] == [
        ("ibug68", 68), ("kaggle15", 15),
    ]  # fmt: skip
    for scheme, known in zip(about["schemes"], (IBUG68, KAGGLE15), strict=True):
        assert scheme["names"] == list(known.names)
        assert len(scheme["colours"]) == len(known.names)
        assert scheme["filters"] == list(filter_names())
    assert about["points"] == 68 and about["network"] == "the networks of the package"
    assert about["limits"]["bytes"] == 20_000_000


@pytest.mark.slow
def test_networks_for_15_points_do_not_give_68(lenet_file, astronaut):
    finder = FaceKeypoints(run=lenet_file)
    with TestClient(make_app(finder, "mine"), base_url="http://localhost") as client:
        about = client.get("/v1/about").json()
        assert [each["points"] for each in about["schemes"]] == [15] == [about["points"]]
        (face,) = client.post("/v1/faces", content=astronaut).json()["faces"]
        assert len(face["keypoints"]) == 15
        answer = client.post("/v1/faces?points=68", content=astronaut)
        assert "choose 15" in refusal_in(answer, 400)
