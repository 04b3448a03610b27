"""POST /v1/inside: what the inside stage draws, as pictures to lay over the face."""

import io
import json

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient
from support.web_refusals import refusal_in

from kaggle_fkd.figures.colours import heat_colours, sequential_colours
from kaggle_fkd.imaging.picture import ASTRONAUT
from kaggle_fkd.imaging.similarity import transform_points
from kaggle_fkd.inference.pretrained import POINTS68
from kaggle_fkd.inspection.feature_maps import contrast, shown_maps
from kaggle_fkd.inspection.responses import InspectedNetwork
from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.web.app import make_app


@pytest.fixture(scope="module")
def network():
    return InspectedNetwork(POINTS68)


@pytest.fixture(scope="module")
def face(finder):
    return finder.detect(ASTRONAUT)[0]


@pytest.fixture(scope="module")
def chip(finder, face):
    return finder.chip(face)


@pytest.fixture
def look(client, astronaut):
    def answered(query):
        answer = client.post(f"/v1/inside?{query}", content=astronaut)
        assert answer.headers["content-type"] == "image/png"
        pixels = np.array(Image.open(io.BytesIO(answer.content)))
        return pixels, json.loads(answer.headers["inside"])

    return answered


def test_the_chip_is_what_the_network_is_given_and_lies_over_the_face(look, face, chip):
    seen, facts = look("show=chip")
    assert (seen == chip).all()
    assert facts["keypoint"]["name"] == IBUG68.names[IBUG68.nose_tip]
    assert facts["keypoint"]["error"] == face.as_dict()["errors"][IBUG68.nose_tip]
    back = transform_points(np.array(facts["to_picture"]), np.array([facts["keypoint"]["place"]]))
    np.testing.assert_allclose(back[0], face["nose_tip"], atol=0.05)


@pytest.mark.parametrize("keypoint", ["nose_tip", "36", IBUG68.names[60]])
def test_a_heat_map_is_that_of_the_inside_stage(look, network, chip, keypoint):
    seen, facts = look(f"keypoint={keypoint}")
    heat = network.heat_maps(chip)[IBUG68.find(keypoint)]
    assert facts["highest"] == pytest.approx(heat.max(), rel=1e-4)
    assert (facts["rows"], facts["columns"]) == heat.shape
    cell = len(chip) // len(heat)
    drawn = heat_colours(heat / heat.max()).astype(int)
    assert abs(seen[cell // 2 :: cell, cell // 2 :: cell].astype(int) - drawn).max() <= 1
    assert (seen[..., 3] == 0).mean() > 0.5  # most cells have no weight


def test_a_keypoint_that_is_a_mean_of_the_networks_has_the_mean_of_their_heat_maps(
    look, network, chip
):
    _, facts = look("points=15&keypoint=0")
    sources = KAGGLE15.conventions[0].ibug68[0]
    assert len(sources) > 1 and facts["keypoint"]["name"] == KAGGLE15.names[0]
    mean = network.heat_maps(chip)[list(sources)].mean(axis=0)
    assert facts["highest"] == pytest.approx(mean.max(), rel=1e-4)


def test_saliency_is_in_pixels_of_the_picture(look, network, chip):
    seen, facts = look("show=saliency&keypoint=36")
    moved = network.saliency(chip, 36, overlapping=False)
    drawn = heat_colours(moved / moved.max()).astype(int)
    assert abs(seen.astype(int) - drawn).max() <= 2
    pixel = np.hypot(*np.array(facts["to_picture"])[:, 0])
    assert facts["highest"] == pytest.approx(moved.max() * pixel, rel=1e-3)


def test_feature_maps_are_a_sheet_with_a_row_for_each_layer(look, network, chip):
    sheet, facts = look("show=features")
    maps, side = network.feature_maps(chip), facts["side"]
    layers = shown_maps(maps)
    assert [layer["name"] for layer in facts["layers"]] == list(layers)
    assert [layer["of"] for layer in facts["layers"]] == [len(maps[name]) for name in layers]
    assert len(sheet) == side * len(layers) and facts["convolutions"] == len(maps)
    values = list(layers.values())[-1][3]
    cell = side // len(values)
    tile = sheet[-side:, 3 * side : 4 * side][cell // 2 :: cell, cell // 2 :: cell]
    assert abs(tile.astype(int) - sequential_colours(values, *contrast(values))).max() <= 2


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("points=21", 400, "do not give '21' points -> choose 68 or 15"),
        ("show=soul", 400, "'soul' -> choose one of heat_map, saliency, features, chip"),
        ("keypoint=elbow", 400, "ibug68 has no keypoint 'elbow'"),
        ("points=15&keypoint=15", 400, "(or a number from 0 to 14)"),
        ("face=2", 422, "face 2 was asked for, and 1 face found"),
    ],
)
def test_what_cannot_be_shown_is_refused(client, astronaut, query, status, said):
    answer = client.post(f"/v1/inside?{query}", content=astronaut)
    assert said in refusal_in(answer, status)


@pytest.mark.slow
def test_a_network_that_regresses_coordinates_has_saliency_and_no_heat_map(lenet_file, astronaut):
    finder = FaceKeypoints(run=lenet_file)
    with TestClient(make_app(finder, "mine"), base_url="http://localhost") as client:
        answer = client.post("/v1/inside", content=astronaut)
        assert "has no heat maps -> ask for saliency or features" in refusal_in(answer, 422)
        for show in ("saliency", "features"):
            assert client.post(f"/v1/inside?show={show}", content=astronaut).status_code == 200
