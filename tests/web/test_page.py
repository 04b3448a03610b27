"""The page, in Chromium."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.browser import chromium
from support.exported_networks import finished_run
from support.fake_camera import camera_flags
from support.web_server import served

from kaggle_fkd.imaging.picture import ASTRONAUT_FILE, read_picture
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.photo.finder import FaceKeypoints

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with served() as server:
        yield server.address


@pytest.fixture(scope="module")
def browser(tmp_path_factory) -> Iterator[Any]:
    with chromium(*camera_flags(tmp_path_factory.mktemp("camera"))) as browser:
        yield browser


@pytest.fixture
def page(browser: Any, site: str) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(site)
    page.get_by_text("Ready").wait_for()
    yield page
    page.close()
    # Chromium itself reports every answer that is a refusal.
    assert [text for text in said if "status of 422" not in text] == []


def ink_on(page: Any) -> np.ndarray:
    """The canvas as it is seen, h x w x 3."""
    return np.array(Image.open(io.BytesIO(page.locator("#view").screenshot())).convert("RGB"), int)


def test_a_picture_is_chosen_and_its_keypoints_are_named_by_pointer_and_keyboard(page, finder):
    page.set_input_files("#file", ASTRONAUT_FILE)
    page.get_by_role("button", name="Face 1").wait_for()
    assert "1 face in" in page.get_by_role("status").inner_text()
    listed = page.inner_text("#faces")
    assert "100 % sure" in listed and listed.count("open") == 2
    (face,) = finder.detect(ASTRONAUT_FILE)
    corner = page.locator("#view").bounding_box()
    x, y = (face["nose_tip"] + 0.5) * corner["width"] / 512
    page.mouse.move(corner["x"] + x, corner["y"] + y)
    assert page.inner_text("#tip strong") == "30 nose bridge 3"
    assert f"x {face['nose_tip'][0]:.1f}, y {face['nose_tip'][1]:.1f}" in page.inner_text("#tip")
    page.mouse.move(corner["x"] + 2, corner["y"] + 2)
    assert page.locator("#tip").is_hidden()
    page.focus("#view")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert "67 inner lip 7" in page.inner_text("#spoken") and page.locator("#tip").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#tip").is_hidden()


def test_what_is_shown_can_be_chosen(page):
    page.get_by_role("button", name="Example").click()
    face = page.get_by_role("button", name="Face 1")
    face.wait_for()
    shown = ink_on(page)
    for name in ("Keypoints", "Lines", "Boxes"):
        page.get_by_role("checkbox", name=name).uncheck()
        assert (ink_on(page) != shown).any()
        shown = ink_on(page)
    page.get_by_role("checkbox", name="Error circles").check()
    assert (ink_on(page) != shown).any()
    face.click()
    assert face.get_attribute("aria-pressed") == "true"
    page.get_by_role("radio", name="15 points").check()
    page.get_by_text("Right eye").wait_for(state="detached")
    with page.expect_response("**/v1/drawing?*") as answered:
        page.get_by_role("radio", name="Hat").check()
    assert re.search("points=15&.*filter=hat", answered.value.url)
    page.locator("body:not(.busy)").wait_for()


def test_what_the_network_sees_is_shown_for_a_keypoint_that_is_clicked_or_chosen_by_enter(
    page, finder
):
    page.get_by_role("button", name="Example").click()
    page.get_by_role("button", name="Face 1").wait_for()
    (face,) = finder.detect(ASTRONAUT_FILE)
    x, y = (face["nose_tip"] + 0.5) * page.locator("#view").bounding_box()["width"] / 512
    page.locator("#view").click(position={"x": x, "y": y})
    panel = page.get_by_role("region", name="30 nose bridge 3")
    panel.get_by_role("img", name="Heat map over the face").wait_for()
    assert "expected error" in panel.inner_text() and "14 x 14 cells" in panel.inner_text()
    panel.get_by_role("radio", name="Saliency").check()
    panel.get_by_role("img", name="Saliency over the face").wait_for()
    panel.get_by_role("radio", name="Feature maps").check()
    panel.get_by_role("img", name="8 maps of trunk.stem.0.0").wait_for()
    assert panel.get_by_role("figure").count() == 8
    panel.get_by_role("button", name="Close").click()
    assert panel.is_hidden()
    for key in ("ArrowLeft", "Enter", "Escape"):
        page.keyboard.press(key)
    assert panel.is_hidden()
    assert page.inner_text("#tip strong") == "29 nose bridge 2"
    assert page.evaluate("document.activeElement.id") == "view"


def test_every_file_can_be_downloaded(page, tmp_path):
    page.get_by_role("radio", name="15 points").check()
    page.set_input_files("#file", ASTRONAUT_FILE)
    page.get_by_role("button", name="Face 1").wait_for()
    files = {}
    for name in ("Drawing", "JSON", "CSV", ".pts", "COCO"):
        with page.expect_download() as download:
            page.get_by_role("button", name=name, exact=True).click()
        files[download.value.suggested_filename] = Path(download.value.path()).read_bytes()
    assert [*files] == ["astronaut_keypoints.png", "astronaut.json", "astronaut.csv",
                        "astronaut_1.pts", "astronaut_coco.json"]  # fmt: skip
    (face,) = json.loads(files["astronaut.json"])["faces"]
    assert face["names"] == list(KAGGLE15.names)
    assert b"n_points: 15" in files["astronaut_1.pts"]
    assert json.loads(files["astronaut_coco.json"])["images"][0]["file_name"] == "astronaut.png"


def test_a_bad_file_is_refused_with_a_sentence_and_the_picture_stays(page):
    page.get_by_role("button", name="Example").click()
    page.get_by_role("button", name="Face 1").wait_for()
    bad = {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"hello"}
    page.set_input_files("#file", bad)
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert re.match(r"notes.jpg is not a picture, or is damaged\. Give a picture of one",
                    alert.inner_text())  # fmt: skip
    assert page.get_by_role("button", name="Face 1").is_visible()
    page.get_by_role("button", name="Example").click()
    alert.wait_for(state="hidden")


def test_a_server_that_has_ended_is_said_to_have(browser, site):
    page = browser.new_page()
    page.goto(site)
    page.get_by_text("Ready").wait_for()
    page.route("**/v1/faces*", lambda route: route.abort())
    page.get_by_role("button", name="Example").click()
    page.get_by_role("alert").wait_for()
    assert page.get_by_role("alert").inner_text().startswith("The server does not answer. Start it")
    page.close()


def test_a_picture_may_be_pasted_or_dropped_and_be_of_a_kind_that_browsers_do_not_show(page):
    file = io.BytesIO()
    Image.fromarray(read_picture(ASTRONAUT_FILE)).resize((200, 200)).save(file, "tiff")
    for kind in ("paste", "drop"):
        page.evaluate(
            """([kind, bytes]) => {
                const data = new DataTransfer();
                const name = `${kind}.tif`;
                data.items.add(new File([Uint8Array.from(bytes)], name, { type: "image/tiff" }));
                dispatchEvent(kind === "paste" ? new ClipboardEvent(kind, { clipboardData: data })
                    : new DragEvent(kind, { dataTransfer: data }));
            }""",
            [kind, [*file.getvalue()]],
        )
        page.get_by_role("button", name="Face 1").wait_for()
        page.locator("body:not(.busy)").wait_for()
        assert page.locator("#refusal").is_hidden() and ink_on(page).std() > 30


def test_a_camera_is_followed_with_its_frame_rate_and_its_last_frame_stays(page):
    page.get_by_role("button", name="Start the camera").click()
    page.get_by_text("a second").wait_for()
    assert re.fullmatch(r"\d+ frames? a second, \d+ ms each", page.inner_text("#speed"))
    page.get_by_role("button", name="Face 1").wait_for()
    for key in ("ArrowRight", "Enter"):
        page.locator("#view").press(key)
    assert page.locator("#inside").is_hidden()
    with page.expect_websocket(lambda socket: "filter=mask" in socket.url) as socket:
        page.get_by_role("radio", name="Mask").check()
    socket.value.wait_for_event("framereceived")
    page.get_by_role("radio", name="Keypoints").check()
    page.get_by_role("button", name="Stop, keep the picture").click()
    page.get_by_text(re.compile(r"faces? in \d+ ms")).wait_for()
    assert page.get_by_role("button", name="Drawing").is_enabled()
    assert page.locator("#speed").is_hidden() and page.locator("#refusal").is_hidden()


def test_a_camera_that_is_granted_after_another_picture_was_chosen_is_let_go(page):
    page.evaluate("""() => {
        const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = (wanted) => new Promise((granted) => {
            window.grant = async () => {
                window.stream = await ask(wanted);
                granted(window.stream);
            };
        });
    }""")
    page.get_by_role("button", name="Start the camera").click()
    page.get_by_role("button", name="Example").click()
    page.get_by_role("button", name="Face 1").wait_for()
    page.evaluate("() => window.grant()")
    page.wait_for_function("() => window.stream.getTracks().every((t) => t.readyState === 'ended')")
    assert page.get_by_role("button", name="Start the camera").is_enabled()
    assert page.locator("#speed").is_hidden() and page.locator("#refusal").is_hidden()


def test_the_networks_of_a_run_can_be_chosen(browser, tmp_path):
    run = finished_run(tmp_path)
    FaceKeypoints(run=run)  # exports its network, or the server would import torch for it
    with served("--runs-dir", tmp_path) as server:
        page = browser.new_page()
        page.goto(server.address)
        page.get_by_text("Ready").wait_for()
        page.get_by_role("button", name="Example").click()
        page.get_by_role("button", name="Face 1").wait_for()
        with page.expect_response("**/v1/faces?*") as answered:
            page.get_by_label("Networks").select_option(run.name)
        assert len(answered.value.json()["names"]) == 15
        page.get_by_text("Right eye").wait_for(state="detached")
        assert run.name in page.inner_text("#version") and page.locator("#refusal").is_hidden()
        page.close()


def test_a_narrow_page_does_not_scroll_sideways(browser, site):
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.goto(site)
    page.get_by_role("button", name="Example").click()
    page.get_by_role("button", name="Face 1").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.close()
