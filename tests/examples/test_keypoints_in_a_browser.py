"""`examples/web`, in Chromium: the same keypoints as in Python."""

import shutil
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.exported_networks import exported
from support.keypoint_example import EXAMPLES, keypoints_in_python, spot
from support.onnx_centroid import write_centroid_network

from kaggle_fkd.imaging.picture import ASTRONAUT_FILE
from kaggle_fkd.inference.pretrained import POINTS68

pytestmark = pytest.mark.slow

NEAR = 0.05
"""Pixels between the keypoints in the browser and in Python, which rounds them to 0.01."""
BOX = (172, 78, 282, 189)
"""The face of the astronaut."""
PREDICT = """async ([network, box]) => {
    const { keypoints, openNetwork } = await import("./keypoints.js");
    const canvas = document.querySelector("canvas");
    while (!canvas.width) await new Promise(requestAnimationFrame);
    const image = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const bytes = Uint8Array.from(atob(network), character => character.charCodeAt(0));
    return keypoints(await openNetwork(bytes), image, box);
}"""
"""The keypoints of the picture on the page, by a network in base64."""


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[str]:
    """The address of the example, installed and served as its README says."""
    if not (npm := shutil.which("npm")):
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("site") / "web"
    shutil.copytree(EXAMPLES / "web", folder, ignore=shutil.ignore_patterns("node_modules"))
    command = [npm, "install", "--no-audit", "--no-fund", "--cache", str(folder.parent / "cache")]
    installed = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if installed.returncode:
        pytest.skip(f"npm install failed: {installed.stderr[-300:]}")
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def page(browser: Any, site: str) -> Iterator[Any]:
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    page.goto(site)
    yield page
    page.close()


@pytest.fixture(scope="module")
def network(tmp_path_factory) -> Path:
    return write_centroid_network(tmp_path_factory.mktemp("network") / "centroid.onnx")


def photograph(path: Path) -> Path:
    """A spot of three colours with fine detail, which a browser's own scaling would change."""
    grey = spot((400, 600), (330.2, 190.7), 60).astype(np.float64)
    noise = np.random.default_rng(0).uniform(0, 1, (400, 600, 3))
    Image.fromarray((grey[:, :, None] * noise).astype(np.uint8)).save(path)
    return path


def keypoints_on(page: Any, network: Path, box: tuple[float, ...]) -> Any:
    """What the example finds in the box of the picture on the page."""
    return page.evaluate(PREDICT, [b64encode(network.read_bytes()).decode(), box])


def wait_for(page: Any, status: str) -> None:
    page.wait_for_function(
        "status => document.querySelector('#status').textContent.startsWith(status)", arg=status
    )


@pytest.mark.parametrize(
    "box",
    [
        (320.5, 180.25, 345, 200),  # enlarged
        (210, 100, 450, 290),
        (-20, -150, 610, 500),  # reduced, extends beyond the picture on all sides
    ],
)
def test_keypoints_are_those_of_the_example_in_python(page, network, tmp_path, box):
    picture = photograph(tmp_path / "photograph.png")
    page.set_input_files("#picture", picture)
    found = keypoints_on(page, network, box)
    expected = keypoints_in_python(network, picture, *box)
    assert [each["name"] for each in found] == list(expected)
    for each in found:
        place = [each["x"], each["y"], each["error"]]
        assert place == pytest.approx(expected[each["name"]], abs=NEAR)


def test_an_exported_run_and_the_network_of_the_package_give_the_same_points_as_in_python(
    page, tmp_path
):
    picture = Path(ASTRONAUT_FILE)
    page.set_input_files("#picture", picture)
    for network in (exported(tmp_path, "gridnet_xs").path, POINTS68):
        found = keypoints_on(page, network, BOX)
        expected = keypoints_in_python(network, picture, *BOX)
        away = [
            np.hypot(each["x"] - expected[each["name"]][0], each["y"] - expected[each["name"]][1])
            for each in found
        ]
        assert np.mean(away) < NEAR and max(away) < 10 * NEAR


def test_whoever_drags_a_box_sees_the_keypoints(page, network, tmp_path):
    picture = photograph(tmp_path / "photograph.png")
    box = (210, 100, 450, 290)
    wait_for(page, "Choose a network")
    page.set_input_files("#network", network)
    wait_for(page, "Choose a picture")
    page.set_input_files("#picture", picture)
    wait_for(page, "Drag a box")
    corner = page.locator("canvas").bounding_box()
    # From the lower right to the upper left, as some do.
    page.mouse.move(corner["x"] + box[2], corner["y"] + box[3])
    page.mouse.down()
    page.mouse.move(corner["x"] + box[0], corner["y"] + box[1], steps=3)
    page.mouse.up()
    wait_for(page, "Box 210 100 450 290")
    lines = page.inner_text("#keypoints").splitlines()
    shown = {name: [float(each) for each in (x, y, error)] for name, x, y, _, error in map(
        str.split, lines
    )}  # fmt: skip
    expected = keypoints_in_python(network, picture, *box)
    assert shown == {name: pytest.approx(place, abs=NEAR) for name, place in expected.items()}
    x, y, error = expected["bright"]
    pixel = page.evaluate(
        """([x, y]) => [...document.querySelector("canvas").getContext("2d")
            .getImageData(x, y, 1, 1).data]""",
        [round(x + error), round(y)],
    )
    assert pixel[1] > 200 > 60 > pixel[0], "the circle around the keypoint is green"


def test_a_file_that_is_not_a_keypoint_network_is_refused(page, tmp_path):
    for file in (
        photograph(tmp_path / "photograph.png"),
        write_centroid_network(tmp_path / "detector.onnx", task="detection"),
    ):
        page.set_input_files("#network", file)
        wait_for(page, "The file is not")
        page.evaluate("document.querySelector('#status').textContent = ''")
