"""The page as one file, in Chromium: the same faces as in Python, and nothing leaves it."""

import io
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from support.browser import chromium
from support.exported_networks import exported
from support.fake_camera import camera_flags
from support.own_schemes import own_scheme
from support.page_scripts import (
    COCO,
    CSV,
    CUT,
    FETCH,
    OWN_NETWORKS,
    RESIZE,
    SEE,
    SHOW_CAMERA,
    SLOW_CAMERA,
    TRACK,
    VIOLET,
    WEAR,
)
from support.posed_faces import posed_face
from support.similarities import a_map

from kaggle_fkd.cli import main
from kaggle_fkd.errors import FkdError
from kaggle_fkd.imaging.chips import cut_chip
from kaggle_fkd.imaging.picture import ASTRONAUT_FILE, grey_of, read_picture
from kaggle_fkd.inspection.responses import InspectedNetwork
from kaggle_fkd.keypoints import IBUG68, KAGGLE15
from kaggle_fkd.keypoints.pts import format_pts
from kaggle_fkd.keypoints.uncertainty import size_of_face
from kaggle_fkd.photo.chip_networks import ChipNetworks
from kaggle_fkd.photo.coco import coco_document
from kaggle_fkd.photo.detection.detect import resized
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.overlay.builtin import filter_names
from kaggle_fkd.photo.overlay.filter import get_filter
from kaggle_fkd.photo.overlay.wear import apply_filter
from kaggle_fkd.photo.tables import face_table
from kaggle_fkd.photo.video.tracking import Tracker
from kaggle_fkd.web.runtime import fetch

pytestmark = pytest.mark.slow

NEAR = 0.1
"""Pixels between keypoints of the page and of Python: of all by a network that computes in single
precision, and on average by the package's."""
OF_SIZE = 0.01
"""Share of a face's size between its keypoints in the page and in Python. The package's networks
compute with 8 bits: onnxruntime-web sums up less precisely, so that some values are rounded up
rather than down. Keypoints move by up to 0.2 %, and a face may be found a pixel elsewhere, in
another crop."""
GREY_LEVELS = 0.5
"""Mean difference between a filter in the page and in Python, at the page's keypoints, which it
gives to a hundredth of a pixel."""
ELSEWHERE = "https://example.org/"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("npm") / "dist"
    try:
        fetch(folder)
    except FkdError as error:
        pytest.skip(str(error))
    return folder


@pytest.fixture(scope="module")
def file(runtime, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("page") / "keypoints.html"
    assert main(["page", "--runtime", str(runtime), "--output", str(path), "--quiet"]) == 0
    return path


@pytest.fixture(scope="module")
def page(file, tmp_path_factory) -> Iterator[Any]:
    """The page, opened by its file, with the addresses that it asked for in `page.asked`."""
    with chromium(*camera_flags(tmp_path_factory.mktemp("camera"))) as browser:
        page = browser.new_page(viewport={"width": 1300, "height": 900})
        said: list[str] = []
        page.asked = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(file.as_uri())
        page.get_by_text("Ready").wait_for()
        yield page
        assert [text for text in said if ELSEWHERE not in text] == []


def turned(picture: np.ndarray, scale: float, degrees: float, size: tuple[int, int]) -> np.ndarray:
    """The face of the astronaut in the middle of a picture of that size, width and height."""
    matrix = a_map(scale, degrees, 0, 0)
    matrix[:, 2] = np.array(size) / 2 - matrix[:, :2] @ (225, 130)
    return cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_AREA, borderValue=(90, 120, 60))


def pictures() -> dict[str, np.ndarray]:
    """One face, one that is tilted, four of different sizes in a large picture, a small one, and
    one that the detector doubts, as the first stage mistakes its roll."""
    one = read_picture(ASTRONAUT_FILE)
    faces = [(0.6, 0), (0.8, -35), (1.3, 10), (0.9, 160)]
    group = np.hstack([turned(one, scale, degrees, (380, 900)) for scale, degrees in faces])
    return {"astronaut": one, "tilted": turned(one, 0.9, 50, (400, 300)), "group": group,
            "thumbnail": cv2.resize(one, (38, 38), interpolation=cv2.INTER_AREA),
            "doubtful": turned(one, 0.15, 120, (300, 300))}  # fmt: skip


def smaller(picture: np.ndarray, scale: float, centre: tuple[int, int]) -> np.ndarray:
    """The picture, reduced about a point, in its own size."""
    matrix = cv2.getRotationMatrix2D(centre, 0, scale)
    return cv2.warpAffine(picture, matrix, picture.shape[1::-1], borderMode=cv2.BORDER_REFLECT)


def downloaded(page: Any, name: str) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name=name, exact=True).click()
    return Path(download.value.path()).read_bytes()


def drawing_in(page: Any) -> np.ndarray:
    """The drawing that can be downloaded, H x W x 3."""
    return np.array(Image.open(io.BytesIO(downloaded(page, "Drawing"))).convert("RGB"))


def pixels_of(address: str) -> np.ndarray:
    """The picture of a data: address, H x W x 4."""
    return np.array(Image.open(io.BytesIO(b64decode(address.split(",")[1]))), int)


def seen_inside(page: Any, query: dict[str, Any], side: int = 0) -> tuple[np.ndarray, Any]:
    """What the network sees in the example, H x W x 4, and the facts about it."""
    address, facts = page.evaluate(SEE, [query, side])
    return pixels_of(address), facts


def in_page(grey: np.ndarray) -> list[Any]:
    """A grey picture, as `CUT`, `RESIZE` and `OWN_NETWORKS` take it."""
    return [b64encode(grey.tobytes()).decode(), *grey.shape[::-1]]


def test_chips_are_cut_as_in_python(page):
    grey = grey_of(read_picture(ASTRONAUT_FILE))[:, :400]
    rng = np.random.default_rng(0)
    maps = np.array([
        a_map(np.exp(rng.uniform(-2.5, 1)), rng.uniform(-180, 180), *rng.uniform(-60, 160, 2))
        for _ in range(20)
    ])  # fmt: skip
    cut = page.evaluate(CUT, [*in_page(grey), maps.tolist(), 48])
    expected = np.array([cut_chip(grey, each, 48) for each in maps], int)
    assert np.abs(np.array(cut).reshape(expected.shape) - expected).max() <= 1
    assert np.ptp(expected) > 200


def test_pictures_are_resized_as_in_python(page):
    grey = grey_of(read_picture(ASTRONAUT_FILE))
    sizes = [(60, 79), (100, 100), (149, 20), (31, 40), (7, 3), (400, 900), (1700, 300)]
    shapes = [*sizes, (3300, 2), (3, 3300)]
    given = [cv2.resize(grey, shape, interpolation=cv2.INTER_AREA) for shape in shapes]
    found = page.evaluate(RESIZE, [in_page(each) for each in given])
    for seen, each in zip(found, given, strict=True):
        expected = resized(each)[0]
        away = np.abs(np.array(seen).reshape(expected.shape) - expected)
        assert away.max() <= 1 and (away > 0).mean() < 0.001


@pytest.fixture(scope="module")
def own_networks(page, tmp_path_factory) -> tuple[Path, np.ndarray, dict[str, Any]]:
    """A network in single precision, maps to chips, and what `OWN_NETWORKS` gives for them."""
    file = exported(tmp_path_factory.mktemp("own"), "gridnet_xs", scheme=IBUG68).path
    networks = ChipNetworks.from_file(file)
    maps = np.array([a_map(0.7, degrees, 0, 0) for degrees in (0, -20, 35)])
    maps[:, :, 2] = 48 - maps[:, :, :2] @ (225, 130)
    about = {
        "size": networks.size, "meanShape": networks.mean_shape.tolist(),
        "convention": networks.convention,
    }  # fmt: skip
    content = b64encode(file.read_bytes()).decode()
    grey = grey_of(read_picture(ASTRONAUT_FILE))
    return file, maps, page.evaluate(OWN_NETWORKS, [*in_page(grey), maps.tolist(), content, about])


def test_a_network_in_single_precision_gives_the_keypoints_of_python(own_networks):
    file, maps, found = own_networks
    grey = grey_of(read_picture(ASTRONAUT_FILE))
    expected = ChipNetworks.from_file(file).predict([grey] * len(maps), maps)
    assert np.abs(np.array(found["predicted"]) - expected).max() < NEAR


def test_a_network_in_single_precision_has_the_saliency_of_python(own_networks):
    file, maps, found = own_networks
    network = InspectedNetwork(file)
    chip = cut_chip(grey_of(read_picture(ASTRONAUT_FILE)), maps[0], network.metadata.width)
    moved = network.saliency(chip, 0, 1, overlapping=False)
    assert np.abs(found["saliency"] - moved.ravel()).max() < 0.05 * moved.max()


def test_keypoints_of_other_networks_are_converted_as_in_python(own_networks):
    file, _, found = own_networks
    for points, (face,) in zip((68, 15), found["faces"], strict=True):
        (expected,) = FaceKeypoints(run=file, points=points).detect(ASTRONAUT_FILE)
        assert np.abs(np.array(face["keypoints"]) - expected.keypoints).max() < 3 * NEAR


@pytest.mark.parametrize(
    ("name", "count"),
    [("astronaut", 1), ("tilted", 1), ("group", 4), ("thumbnail", 1), ("doubtful", 1)],
)
def test_faces_are_those_of_python(page, finder, tmp_path, name, count):
    picture = pictures()[name]
    Image.fromarray(picture).save(tmp_path / f"{name}.png")
    page.set_input_files("#file", tmp_path / f"{name}.png")
    page.get_by_text(re.compile(r"faces? in \d+ ms")).wait_for()
    found = json.loads(downloaded(page, "JSON"))["faces"]
    expected = [face.as_dict() for face in finder.detect(picture)]
    assert len(found) == len(expected) == count
    # Faces that are all quite certain may come in another order.
    for face in expected:
        (same,) = [each for each in found if np.allclose(each["box"], face["box"], atol=3)]
        assert same["confidence"] == pytest.approx(face["confidence"], abs=0.02)
        away = np.hypot(*(np.array(same["keypoints"]) - face["keypoints"]).T)
        assert away.mean() < NEAR or name == "group"
        near = OF_SIZE * size_of_face(np.array(face["keypoints"]))
        assert away.max() < near
        assert same["errors"] == pytest.approx(face["errors"], abs=near)
        # A hundredth of a small face's size is less than the network tells apart.
        assert same["pose"] == pytest.approx(face["pose"], abs=1 if near > 0.3 else 3)
        assert same["eye_aspect_ratio"] == pytest.approx(face["eye_aspect_ratio"], abs=0.03)


def test_a_video_is_followed_as_in_python(page, finder):
    picture = read_picture(ASTRONAUT_FILE)[:300, :400]
    frames = [np.ascontiguousarray(np.roll(picture, 4 * shift, 1)) for shift in range(7)]
    # Too small in the crop that the frame before gives.
    frames.append(smaller(frames[-1], 0.75, (250, 133)))
    encoded = [b64encode(grey_of(frame).tobytes()).decode() for frame in frames]
    times = [0.1, 0.13, 0.2, 0.2, 0.3, 0.33, 0.36, 0.4]
    found = page.evaluate(TRACK, [encoded, times, 400, 300])
    tracker = Tracker(finder)
    for (face,), (expected,) in zip(found, map(tracker.next, frames, times), strict=True):
        assert face["number"] == expected.number == 1
        near = OF_SIZE / 2 * expected.size
        assert np.abs(np.array(face["keypoints"]) - expected.keypoints).max() < near
        assert np.abs(np.array(face["box"]) - expected.box).max() < near


def test_fifteen_points_and_their_files_are_offered(page, finder):
    page.get_by_role("radio", name="15 points").check()
    page.get_by_role("button", name="Example").click()
    page.get_by_text("1 face in").wait_for()
    (face,) = finder.with_points(15).detect(ASTRONAUT_FILE)
    lines = downloaded(page, ".pts").decode().splitlines()
    expected = format_pts(face.keypoints).splitlines()
    assert lines[:3] == expected[:3] and len(lines) == len(expected)
    places = [float(place) for line in lines[3:-1] for place in line.split()]
    assert max(abs(100 * place - round(100 * place)) for place in places) > 0.05  # not rounded
    header, row = downloaded(page, "CSV").decode().splitlines()
    assert header.startswith("face,x0,y0,x1,y1,confidence,") and header.count(",") == row.count(",")
    record = json.loads(downloaded(page, "JSON"))
    assert json.loads(downloaded(page, "COCO")) == coco_document([record], KAGGLE15)
    page.get_by_role("radio", name="68 points").check()


@pytest.mark.parametrize(("yaw", "roll"), [(50, 20), (-35, -120)])
def test_filters_are_bent_around_a_turned_head_as_in_python(page, yaw, roll):
    picture = read_picture(ASTRONAUT_FILE)[:300, :400]
    face = posed_face(picture, pitch=10, yaw=yaw, roll=roll)
    opaque = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    encoded = b64encode(opaque.tobytes()).decode()
    names = filter_names()
    asked = [encoded, 400, 300, face.keypoints.tolist(), names]
    seen = pixels_of(page.evaluate(WEAR, asked))[..., :3]
    for name, worn in zip(names, np.split(seen, len(names)), strict=True):
        away = abs(worn - apply_filter(picture, [face], get_filter(name)))
        covered = (worn != picture).any(axis=2)
        assert covered.sum() > 400 and away[covered].mean() < 0.5 and away.max() < 10


@pytest.mark.parametrize("name", ["hat", "mask"])
def test_a_filter_is_worn_as_in_python(page, finder, tmp_path, name):
    picture = np.ascontiguousarray(pictures()["group"][300:700, 350:1130])
    Image.fromarray(picture).save(tmp_path / "two.png")
    page.get_by_role("radio", name=name.capitalize()).check()
    page.set_input_files("#file", tmp_path / "two.png")
    page.get_by_text("2 faces in").wait_for()
    seen, found = drawing_in(page), json.loads(downloaded(page, "JSON"))["faces"]
    page.get_by_role("radio", name="Keypoints").check()
    faces = [
        replace(face, keypoints=np.array(place["keypoints"]))
        for face, place in zip(finder.detect(picture), found, strict=True)
    ]
    expected = apply_filter(picture, faces, get_filter(name))
    worn = (expected != picture).any(axis=2)
    assert abs(seen[worn].astype(int) - expected[worn]).mean() < GREY_LEVELS
    near = cv2.dilate(worn.astype(np.uint8), np.ones((5, 5))).astype(bool)
    assert worn.sum() > 2000 and (seen[~near] == picture[~near]).all()


def test_the_drawing_is_the_picture_with_its_keypoints_in_its_own_size(page, finder, tmp_path):
    picture = read_picture(ASTRONAUT_FILE)
    page.get_by_role("button", name="Example").click()
    page.get_by_text("1 face in").wait_for()
    seen, (face,) = drawing_in(page), finder.detect(picture)
    drawn = (seen != picture).any(axis=2)
    assert all(drawn[y, x] for x, y in np.rint(face.keypoints).astype(int))
    x0, y0, x1, y1 = np.rint(face.box).astype(int)
    drawn[y0 - 12 : y1 + 2, x0 - 2 : x1 + 2] = False  # with the face's number above its box
    assert seen.shape == picture.shape and not drawn.any()
    Image.fromarray(picture).save(tmp_path / "astronaut.jpg", quality=95)
    page.set_input_files("#file", tmp_path / "astronaut.jpg")
    page.get_by_text("1 face in").wait_for()
    assert Image.open(io.BytesIO(downloaded(page, "Drawing"))).format == "JPEG"


@pytest.mark.parametrize(
    ("show", "points", "keypoint", "near"),
    [("heat_map", 68, 3, 1), ("heat_map", 15, 3, 1), ("saliency", 68, 48, 20)],
)
def test_what_the_network_sees_is_that_of_python(
    page, client, astronaut, show, points, keypoint, near
):
    # With 8 bits, the small saliency of a keypoint of the jaw differs by up to 15 %.
    query = {"points": points, "face": 1, "keypoint": keypoint, "show": show}
    answer = client.post("/v1/inside", params=query, content=astronaut)
    expected = np.array(Image.open(io.BytesIO(answer.content)), float)
    seen, facts = seen_inside(page, query, len(expected))
    python = json.loads(answer.headers["inside"])
    assert facts["highest"] == pytest.approx(python["highest"], rel=0.1)
    assert facts["keypoint"]["place"] == pytest.approx(python["keypoint"]["place"], abs=0.1)
    over = [each[..., :3] * each[..., 3:] / 255 for each in (seen, expected)]
    assert abs(over[0] - over[1]).mean() < near and expected[..., 3].max() > 200


def test_feature_maps_and_the_chip_are_those_of_python(page, client, astronaut):
    query = {"points": 68, "face": 1, "keypoint": 3}
    answers = [
        client.post("/v1/inside", params=query | {"show": show}, content=astronaut)
        for show in ("features", "chip")
    ]
    sheet, chip = (np.array(Image.open(io.BytesIO(each.content)), int) for each in answers)
    seen, facts = seen_inside(page, query | {"show": "features"})
    python = json.loads(answers[0].headers["inside"])
    assert {name: facts[name] for name in facts if name != "keypoint"} == {
        name: python[name] for name in ("layers", "convolutions", "side")
    }
    side = len(chip)
    tiles = abs(seen[..., :3] - sheet).reshape(len(sheet) // side, side, -1, side, 3)
    # Where maps vary about as much as others, others may be shown.
    assert np.median(tiles.mean(axis=(1, 3, 4))) < 2
    seen, _ = seen_inside(page, query | {"show": "chip"})
    assert abs(seen[..., 0] - chip).mean() < 1


def test_keypoints_open_the_panel_with_what_the_network_sees(page):
    page.get_by_role("button", name="Example").click()
    page.get_by_text("1 face in").wait_for()
    page.focus("#view")
    for key in ("ArrowRight", "Enter"):
        page.keyboard.press(key)
    panel = page.get_by_role("region", name="0 jaw 0")
    panel.get_by_role("img", name="Heat map over the face").wait_for()
    page.keyboard.press("Escape")
    assert panel.is_hidden() and page.evaluate("document.activeElement.id") == "view"


def test_names_with_signs_of_csv_are_quoted_as_in_python(page):
    names = ["eye, left", 'the "nose"']
    face = {"number": 1, "box": [1.5, 2, 3, 4], "confidence": 0.5}
    face |= {"keypoints": [[1.25, 2], [3, 4]], "errors": [0.5, 1]}
    scheme = own_scheme("own", dict(zip(names, [(36, 39), (42, 45)], strict=True)))
    expected = face_table({"faces": [face]}, scheme)
    assert page.evaluate(CSV, {"faces": [face], "names": names}) == expected


def test_coco_marks_uncertain_keypoints_as_in_python(page):
    box, corners = [1.13, 2.5, 91.68, 80.25], np.random.default_rng(0).uniform(5, 75, (15, 2))
    face = {"box": box, "keypoints": corners.round(2).tolist(), "confidence": 0.987}
    faces = [face | {"errors": [0.5] * 15}, face | {"errors": [0.5, 9.25, *[0.5] * 13]}]
    record = {"input": "two.jpg", "width": 100, "height": 90, "faces": faces}
    expected = coco_document([record], KAGGLE15)
    assert page.evaluate(COCO, [record, KAGGLE15.name]) == expected
    visible = [each["keypoints"][2::3].count(2) for each in expected["annotations"]]
    assert visible == [15, 14]


def test_a_file_that_is_not_a_picture_is_refused_with_a_sentence(page):
    bad = {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"hello"}
    page.set_input_files("#file", bad)
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert alert.inner_text().startswith("notes.jpg is not a picture that this browser can read.")


def test_a_camera_wears_the_filter_that_is_chosen_while_it_starts_and_its_last_frame_stays(page):
    page.evaluate(SLOW_CAMERA)
    page.get_by_role("button", name="Start the camera").click()
    page.wait_for_function("() => Boolean(window.slowCamera)")
    page.get_by_role("radio", name="Mask").check()
    page.evaluate(SHOW_CAMERA)
    page.wait_for_function(VIOLET)
    page.get_by_text("a second").wait_for()
    assert re.fullmatch(r"\d+ frames? a second, \d+ ms each", page.inner_text("#speed"))
    page.get_by_role("button", name="Face 1").wait_for()
    page.get_by_role("radio", name="Keypoints").check()
    page.get_by_role("button", name="Stop, keep the picture").click()
    page.get_by_text(re.compile(r"faces? in \d+ ms")).wait_for()
    assert page.locator("#refusal").is_hidden()


def test_modules_that_only_the_label_review_uses_are_left_out(page):
    (imports,) = page.locator("script[type=importmap]").all_text_contents()
    names = json.loads(imports)["imports"].keys()
    assert "main.js" in names and not {"review.js", "face_view.js"} & names


def test_the_page_asks_for_nothing_but_itself_and_could_not(page, file):
    outside = [url for url in page.asked if not url.startswith(("data:", "blob:"))]
    assert outside == [file.as_uri()]
    assert page.evaluate(FETCH, ELSEWHERE) == "connect-src"
