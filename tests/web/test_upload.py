"""Posted pictures that are refused, each with a sentence that says why."""

import io

import pytest
from PIL import Image
from support.web_refusals import refusal_in

from kaggle_fkd.imaging.picture import ASTRONAUT_FILE
from kaggle_fkd.web.upload import MAX_BYTES


def png_of(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "png")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the posted file is empty"),
        (b"hello", "the posted file is not a picture, or is damaged"),
        (ASTRONAUT_FILE.read_bytes()[:5000], "the posted file is damaged or cut off"),
        (png_of(8000, 7000), "the posted file has more than 50 million pixels -> reduce its size"),
        (png_of(20000, 20000), "million pixels -> reduce its size"),
    ],
    ids=["empty", "text", "cut off", "too many pixels", "a bomb"],
)
def test_what_is_not_a_usable_picture_is_refused(client, content, said):
    assert said in refusal_in(client.post("/v1/faces", content=content), 422)
    assert said in refusal_in(client.post("/v1/drawing", content=content), 422)


def test_the_file_of_a_form_is_called_by_its_name(client):
    answer = client.post("/v1/faces", files={"picture": ("notes.txt", b"hello")})
    assert "notes.txt is not a picture" in refusal_in(answer, 422)


def test_an_animation_is_refused(client):
    file = io.BytesIO()
    frames = [Image.new("L", (9, 9), grey) for grey in (0, 255)]
    frames[0].save(file, "gif", save_all=True, append_images=frames[1:])
    answer = client.post("/v1/faces", content=file.getvalue())
    assert "contains 2 frames" in refusal_in(answer, 422)


def test_more_than_20_megabytes_are_refused(client):
    answer = client.post("/v1/faces", content=bytes(MAX_BYTES + 1))
    assert "has more than 20 MB -> reduce its size" in refusal_in(answer, 413)


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"hello", "multipart/form-data", "the form cannot be read"),
        (b"hello", "multipart/form-data; boundary=x", "the form"),
        (b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--x--\r\n",
         "multipart/form-data; boundary=x", "the form has no file"),
    ],
)  # fmt: skip
def test_a_form_without_a_file_is_refused(client, content, kind, said):
    answer = client.post("/v1/faces", content=content, headers={"Content-Type": kind})
    assert said in refusal_in(answer, 400)


def test_a_posted_file_is_never_written_to_the_disk(client, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    file = io.BytesIO()
    Image.effect_noise((1500, 1500), 50).save(file, "png")  # more than a temporary file in memory
    answer = client.post("/v1/faces", files={"picture": ("noise.png", file.getvalue())})
    assert answer.status_code == 200
