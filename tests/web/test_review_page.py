"""The label review, in Chromium: decided, undone, stored, and used by a training."""

import io
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from support.command_line import QUICK
from support.evaluated_run import evaluated_run
from support.web_server import served

from kaggle_fkd.cli import main
from kaggle_fkd.runs.find import runs_in
from kaggle_fkd.system.text import in_words
from kaggle_fkd.training.label_fixes import DROP, KEEP, MOVE, Fix, read_fixes

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory, competition):
    """The folder of an evaluation that suspects the nose tips of the first three faces."""
    return evaluated_run(tmp_path_factory.mktemp("runs"), competition.train)


@pytest.fixture(scope="module")
def site(evaluation, sample_dir) -> Iterator[str]:
    folders = ("--data-dir", sample_dir, "--runs-dir", evaluation.parent)
    with served("--review", *folders) as server:
        yield server.address


@pytest.fixture
def page(browser: Any, site: str) -> Iterator[Any]:
    said: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(site)
    page.get_by_text("Ready", exact=True).wait_for()
    yield page
    page.close()
    assert said == []


def shown(page: Any) -> np.ndarray:
    """The canvas as it is seen, h x w x 3."""
    return np.array(Image.open(io.BytesIO(page.locator("#view").screenshot())).convert("RGB"), int)


def on_screen(page: Any, place: Any) -> tuple[float, float]:
    """Where a place of the face, in its pixels, is in the window."""
    box = page.locator("#view").bounding_box()
    assert box["width"] >= 6 * 96
    x, y = ((np.asarray(place) + 0.5) * box["width"] / 96).tolist()
    return box["x"] + x, box["y"] + y


def drag(page: Any, start: Any, end: Any) -> None:
    page.mouse.move(*on_screen(page, start))
    page.mouse.down()
    page.mouse.move(*on_screen(page, end), steps=3)
    page.mouse.up()


def test_a_suspect_is_reached_by_its_number_and_the_next_undecided_one_by_a_key(page):
    page.keyboard.press("k")
    page.get_by_text("1 of 3 decided").wait_for()
    position = page.get_by_role("spinbutton", name="Suspect")
    position.fill("3")
    position.press("Enter")
    page.get_by_text("suspect 3 of 3").wait_for()
    page.keyboard.press("n")  # the first one is decided
    page.get_by_text("suspect 2 of 3").wait_for()
    assert position.input_value() == "2"
    position.fill("4")
    position.press("Enter")
    assert position.input_value() == "2"  # there is no fourth one
    page.keyboard.press("Control+z")
    page.get_by_text("0 of 3 decided").wait_for()


def refuse_next(page: Any, ending: str) -> None:
    """Let the server refuse the next request for an address with that ending."""
    page.evaluate(
        """(ending) => {
            const ask = window.fetch;
            window.fetch = (address, options) => {
                const { pathname } = new URL(address, location);
                if (!pathname.endsWith(ending)) return ask(address, options);
                window.fetch = ask;
                return Promise.resolve(new Response("{}", { status: 500 }));
            };
        }""",
        ending,
    )


def test_what_the_server_refuses_is_said_and_can_be_done_again(page, competition):
    refuse_next(page, "decisions")
    page.keyboard.press("k")
    page.locator("#refusal").wait_for()
    page.get_by_text("0 of 3 decided").wait_for()
    refuse_next(page, f"faces/{competition.train.ids[1]}")
    page.keyboard.press("ArrowRight")
    page.get_by_text("suspect 1 of 3").wait_for()
    page.locator("#refusal").wait_for()
    page.keyboard.press("k")
    page.get_by_text("1 of 3 decided").wait_for()
    assert page.locator("#refusal").is_hidden()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.get_by_text("0 of 3 decided").wait_for()


def test_a_drag_ends_when_another_suspect_is_shown(page, competition):
    label = competition.train.keypoints[0, competition.train.scheme.nose_tip]
    page.mouse.move(*on_screen(page, label))
    page.mouse.down()
    page.mouse.move(*on_screen(page, label + 8), steps=3)
    page.keyboard.press("n")
    page.get_by_text("suspect 2 of 3").wait_for()
    page.mouse.up()
    page.keyboard.press("n")
    page.get_by_text("suspect 3 of 3").wait_for()
    assert page.get_by_text("0 of 3 decided").is_visible()


def test_a_label_that_was_dropped_with_its_face_can_be_undecided(page, evaluation, competition):
    faces = competition.train
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.get_by_text("1 of 3 decided").wait_for()
    page.keyboard.press("0")
    page.keyboard.press("Backspace")
    labelled = np.isfinite(faces.keypoints[0]).all(axis=1)
    others = np.array(faces.scheme.names)[labelled].tolist()[1:]
    page.get_by_text("Stored", exact=True).wait_for()
    fixes = read_fixes(evaluation / "label_fixes.csv", faces)
    assert set(fixes) == {Fix(int(faces.ids[0]), name, DROP) for name in others}
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.get_by_text("0 of 3 decided").wait_for()


def test_suspects_are_decided_undone_stored_and_used_by_a_training(
    page, evaluation, competition, sample_dir
):
    faces, file = competition.train, evaluation / "label_fixes.csv"
    first, second, third = faces.ids[:3].tolist()
    nose = faces.scheme.nose_tip
    name = faces.scheme.names[nose]

    def decided():
        page.get_by_text("Stored", exact=True).wait_for()
        return set(read_fixes(file, faces))

    page.get_by_text(f"Decide about {in_words(name)}").wait_for()
    plain = shown(page)
    page.keyboard.press("Space")
    hidden = shown(page)
    page.keyboard.press("Space")
    assert (hidden != plain).any() and (shown(page) == plain).all()
    page.keyboard.press("k")
    kept = Fix(first, name, KEEP)
    assert decided() == {kept}

    page.keyboard.press("ArrowRight")
    page.get_by_text(f"Row {second}, suspect 2 of 3").wait_for()
    label = faces.keypoints[1, nose]
    drag(page, label, label + 8)
    page.get_by_role("button", name=f"{nose} {in_words(name)}").get_by_text("moved").wait_for()
    (moved,) = decided() - {kept}
    assert moved == Fix(second, name, MOVE, moved.x, moved.y)
    assert (moved.x, moved.y) == pytest.approx(label + 8, abs=0.2)
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowUp")
    (nudged,) = decided() - {kept}
    assert (nudged.x, nudged.y) == pytest.approx((moved.x - 5, moved.y - 0.5))
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    assert decided() == {kept, moved}

    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    page.get_by_text(f"Row {third}, suspect 3 of 3").wait_for()
    page.keyboard.press("0")
    page.keyboard.press("p")
    page.keyboard.press("Escape")
    page.get_by_text("Decide about the face").wait_for()
    page.keyboard.press("d")
    dropped = Fix(third, "", DROP)
    assert decided() == {kept, moved, dropped}
    for _ in range(3):
        page.keyboard.press("Control+z")
    page.get_by_text(f"Row {second}, suspect 2 of 3").wait_for()
    assert decided() == {kept}
    drag(page, label, label + 8)
    page.get_by_role("button", name=f"Row {third},").click()
    page.get_by_text(f"Row {third}, suspect 3 of 3").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Drop D").click()
    assert decided() == {kept, moved, dropped}

    page.reload()
    page.get_by_text("3 of 3 decided").wait_for()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name=f"{nose} {in_words(name)}").get_by_text("moved").wait_for()
    folders = ["--data-dir", str(sample_dir), "--runs-dir", str(evaluation.parent)]
    said = page.inner_text("#command").replace("RUNS_DIR", str(evaluation.parent))
    command = said.removeprefix("kaggle-fkd ").split()
    assert main([*command, *QUICK, *folders]) == 0
    run = runs_in(evaluation.parent)[0]
    assert run.members
    assert set(read_fixes(run.label_files.fixes, faces)) == {kept, moved, dropped}


def test_the_wheel_zooms_at_the_pointer_and_tab_walks_through_the_labels_and_out(page, competition):
    labels = competition.train.keypoints[0]
    before = shown(page)
    at = on_screen(page, labels[0])
    page.mouse.move(*at)
    page.mouse.wheel(0, -400)
    page.wait_for_timeout(50)
    assert (shown(page) != before).any()
    page.mouse.click(*at)  # what was under the pointer still is
    names = competition.train.scheme.names
    page.get_by_text(f"Decide about {in_words(names[0])}").wait_for()
    _, *others = np.flatnonzero(np.isfinite(labels).all(axis=1))
    for _ in others:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "view"
    page.get_by_text(f"Decide about {in_words(names[others[-1]])}").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "keep"


def test_a_narrow_page_does_not_scroll_sideways_and_is_linked_from_the_first(page):
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("link", name="Pictures and camera").click()
    page.get_by_role("link", name="Label review").click()
    page.get_by_text(re.compile("suspect 1 of 3")).wait_for()
