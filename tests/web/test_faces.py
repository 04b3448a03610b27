"""POST /v1/faces: what is found in a posted picture, in every format."""

import io

import numpy as np
import pytest
from PIL import Image
from support.web_refusals import refusal_in

from kaggle_fkd.imaging.picture import ASTRONAUT, ASTRONAUT_FILE
from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.keypoints.pts import parse_pts
from kaggle_fkd.photo.tables import face_table


def file_of(kind: str) -> bytes:
    file = io.BytesIO()
    with Image.open(ASTRONAUT_FILE) as image:
        image.convert("RGB").save(file, kind)
    return file.getvalue()


def group_of(people: int) -> bytes:
    """The astronaut several times, side by side."""
    with Image.open(ASTRONAUT_FILE) as image:
        row = np.concatenate([np.asarray(image.convert("RGB"))] * people, axis=1)
    file = io.BytesIO()
    Image.fromarray(row).save(file, "png")
    return file.getvalue()


def test_the_faces_are_those_that_python_finds(client, finder, astronaut):
    (face,) = finder.detect(ASTRONAUT)
    answer = client.post("/v1/faces", content=astronaut).json()
    assert answer["faces"] == [{"number": 1, **face.as_dict()}]
    assert (answer["width"], answer["height"], answer["scheme"]) == (512, 512, "ibug68")
    assert answer["names"] == list(IBUG68.names) and answer["milliseconds"] > 0


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "BMP", "GIF"])
def test_a_picture_of_any_kind_may_be_the_body(client, kind):
    face, *_ = client.post("/v1/faces", content=file_of(kind)).json()["faces"]
    assert face["confidence"] > 0.9


def test_a_photograph_of_a_phone_may_be_the_body(client):
    heif = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed")
    file = io.BytesIO()
    with Image.open(ASTRONAUT_FILE) as image:
        heif.from_pillow(image.convert("RGB")).save(file)
    assert client.post("/v1/faces", content=file.getvalue()).json()["faces"]


def test_a_picture_may_be_the_file_of_a_form_whose_name_is_kept_without_folders(client, astronaut):
    for name in ("C:\\photos\\me.png", "photos/me.png", "me.png"):
        answer = client.post("/v1/faces", files={"any": (name, astronaut)}).json()
        assert answer["input"] == "me.png" and len(answer["faces"]) == 1


def test_15_points_are_those_that_python_finds(client, finder, astronaut):
    (face,) = finder.with_points(15).detect(ASTRONAUT)
    answer = client.post("/v1/faces?points=15", content=astronaut).json()
    assert answer["faces"] == [{"number": 1, **face.as_dict()}]
    assert answer["names"] == list(KAGGLE15.names)


def test_a_picture_without_a_face_has_an_empty_list(client):
    file = io.BytesIO()
    Image.new("RGB", (90, 70)).save(file, "png")
    answer = client.post("/v1/faces", content=file.getvalue()).json()
    assert answer["faces"] == [] and answer["width"] == 90


def test_the_faces_are_also_given_as_a_table(client, astronaut):
    record = client.post("/v1/faces", content=astronaut).json()
    answer = client.post("/v1/faces?format=csv", content=astronaut)
    assert answer.text == face_table(record, IBUG68)
    assert answer.headers["content-type"].startswith("text/csv")


def test_the_faces_are_also_given_as_coco_keypoints(client, astronaut):
    answer = client.post("/v1/faces?format=coco", files={"any": ("me.png", astronaut)}).json()
    (image,), (annotation,) = answer["images"], answer["annotations"]
    assert image["file_name"] == "me.png" and annotation["num_keypoints"] == 68


def test_every_face_is_also_given_as_a_pts_file(client):
    group = group_of(2)
    faces = client.post("/v1/faces", content=group).json()["faces"]
    for face in faces:
        text = client.post(f"/v1/faces?format=pts&face={face['number']}", content=group).text
        assert parse_pts(text, "here", IBUG68) == pytest.approx(
            np.array(face["keypoints"]), abs=0.01
        )
    assert len(faces) == 2
    answer = client.post("/v1/faces?format=pts&face=3", content=group)
    assert "face 3 was asked for, and 2 faces found" in refusal_in(answer, 422)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("points=21", "do not give '21' points -> choose 68 or 15"),
        ("format=xml", "there is no format 'xml' -> choose one of json, csv, coco, pts"),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused(client, astronaut, query, said):
    answer = client.post(f"/v1/faces?{query}", content=astronaut)
    assert said in refusal_in(answer, 400)


def test_an_address_or_a_method_that_does_not_exist_is_refused(client):
    assert "there is no /v1/face ->" in refusal_in(client.post("/v1/face"), 404)
    answer = client.get("/v1/faces")
    assert "/v1/faces does not take GET" in refusal_in(answer, 405)
    assert answer.headers["allow"] == "POST"
