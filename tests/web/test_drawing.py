"""POST /v1/drawing and the thumbnails: the pictures that the command line draws, too."""

import io

import numpy as np
import pytest
from PIL import Image
from support.web_refusals import refusal_in

from kaggle_fkd.imaging.picture import ASTRONAUT, ASTRONAUT_FILE, read_picture
from kaggle_fkd.photo.annotator import Annotator
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.overlay.builtin import filter_names
from kaggle_fkd.photo.overlay.filter import get_filter
from kaggle_fkd.photo.overlay.wear import apply_filter
from kaggle_fkd.web.drawing import painter, thumbnail


def picture_in(answer) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(answer.content)))


def test_a_drawing_is_that_of_python(client, finder, astronaut, tmp_path):
    picture = read_picture(ASTRONAUT)
    faces = finder.detect(picture)
    Annotator(finder, tmp_path).annotate(ASTRONAUT_FILE, "a")
    answer = client.post("/v1/drawing", content=astronaut)
    assert (picture_in(answer) == np.array(Image.open(tmp_path / "a_keypoints.png"))).all()
    answer = client.post("/v1/drawing?filter=hat", content=astronaut)
    assert (picture_in(answer) == apply_filter(picture, faces, get_filter("hat"))).all()
    answer = client.post("/v1/drawing?filter=none", content=astronaut)
    assert (picture_in(answer) == picture).all()


def test_a_jpeg_is_drawn_into_a_jpeg_and_other_pictures_into_a_png(client, astronaut):
    jpeg = io.BytesIO()
    Image.open(ASTRONAUT_FILE).convert("RGB").save(jpeg, "jpeg")
    answer = client.post("/v1/drawing?points=15", content=jpeg.getvalue())
    assert answer.headers["content-type"] == "image/jpeg"
    answer = client.post("/v1/drawing", content=astronaut)
    assert answer.headers["content-type"] == "image/png"


def test_every_filter_has_a_thumbnail_which_the_browser_may_keep(client):
    seen = set()
    for name in ("keypoints", *filter_names()):
        answer = client.get(f"/v1/filters/{name}?points=15")
        assert picture_in(answer).shape == (144, 144, 3)
        assert "max-age" in answer.headers["cache-control"]
        seen.add(answer.content)
    assert len(seen) == 1 + len(filter_names())


def test_thumbnails_need_no_face_that_the_networks_find():
    blind = FaceKeypoints(detector=lambda picture: np.zeros((0, 4)))
    plain, worn = (thumbnail(blind, painter(name)) for name in ("none", "hat"))
    assert (plain != worn).mean() > 0.1


@pytest.mark.parametrize("address", ["/v1/drawing?filter=hats", "/v1/filters/hats"])
def test_an_unknown_filter_is_refused(client, astronaut, address):
    method = "POST" if "drawing" in address else "GET"
    answer = client.request(method, address, content=astronaut)
    assert "there is no filter 'hats'" in refusal_in(answer, 400)
