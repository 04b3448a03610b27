"""The page of a report in Chromium: sorting, colours, widths."""

import pytest
from support.report_pages import write_sample_page

pytestmark = pytest.mark.slow
COLUMN = """column => [...document.querySelectorAll("table.sortable tbody tr")]
    .map(row => row.cells[column].textContent)"""
COLOUR = """([selector, property]) =>
    getComputedStyle(document.querySelector(selector)).getPropertyValue(property)"""


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    return write_sample_page(tmp_path_factory.mktemp("page")).as_uri()


@pytest.fixture
def open_page(browser, address):
    """Open the page; at the end, it must have had no errors and asked for nothing."""
    contexts, problems = [], []

    def open_it(**settings):
        context = browser.new_context(**settings)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: problems.extend(
            [request.url] if not request.url.startswith(("data:", "file:")) else []
        ))  # fmt: skip
        page.goto(address)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert problems == []


def test_a_table_is_sorted_with_the_keyboard(open_page):
    page = open_page()
    name, score = page.locator("table.sortable thead button").all()
    score.focus()
    page.keyboard.press("Enter")
    assert page.evaluate(COLUMN, 1) == ["9.25 px", "10.50 px", ""]  # empty cells are last
    header = page.locator("table.sortable thead th").nth(1)
    assert header.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Space")
    assert page.evaluate(COLUMN, 1) == ["10.50 px", "9.25 px", ""]
    assert header.get_attribute("aria-sort") == "descending"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    assert page.evaluate(COLUMN, 0) == ["a", "b", "c"]
    assert header.get_attribute("aria-sort") is None
    assert name.evaluate("button => button === document.activeElement")


def test_without_javascript_the_table_is_as_it_was_written(open_page):
    page = open_page(java_script_enabled=False)
    assert page.locator("table.sortable thead button").count() == 0
    assert page.locator("table.sortable tbody th").all_inner_texts() == ["b", "c", "a"]


def test_a_dark_page_has_light_text_in_its_drawings_and_paper_has_dark_text(open_page):
    light, dark = (open_page(color_scheme=scheme) for scheme in ("light", "dark"))
    page, text = ("body", "background-color"), (".plot svg text", "fill")
    assert brightness(light, *page) > 200 > 60 > brightness(dark, *page)
    assert brightness(light, *text) < 60 < 200 < brightness(dark, *text)
    dark.emulate_media(media="print")
    assert brightness(dark, *page) > 200 and brightness(dark, *text) < 60


def brightness(page, selector: str, name: str) -> float:
    """The mean of red, green and blue of a property, as it is shown."""
    colour = page.evaluate(COLOUR, [selector, name])
    parts = [float(part) for part in colour.partition("(")[2].strip(")").split(",")[:3]]
    return sum(parts) / 3


def test_on_a_phone_only_wide_figures_scroll_and_the_keyboard_reaches_them(open_page):
    page = open_page(viewport={"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator(".plot .scroll[tabindex='0']").first.wait_for()
    wide = open_page(viewport={"width": 1280, "height": 800})
    wide.locator(".plot .scroll:not([tabindex])").first.wait_for()
