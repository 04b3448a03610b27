"""The page of a report."""

import re

import numpy as np
import pytest
from support.html_pages import ParsedPage, require_sound
from support.report_pages import NASTY, write_sample_page

from kaggle_fkd.errors import DataError, FkdError
from kaggle_fkd.report.page import Page, write_page
from kaggle_fkd.report.pictures import stored_picture
from kaggle_fkd.report.section import number


@pytest.fixture(scope="module")
def text(tmp_path_factory) -> str:
    return write_sample_page(tmp_path_factory.mktemp("page")).read_text(encoding="utf-8")


def test_the_page_is_sound_html_that_needs_no_network(text):
    page = ParsedPage(text)
    require_sound(page)
    assert [tag for tag, _ in page.elements if tag in ("nav", "main", "h1", "footer")] == [
        "h1", "nav", "main", "footer",
    ]  # fmt: skip
    assert "http://" not in text and "https://" not in text


def test_what_comes_from_elsewhere_is_never_code(text):
    assert NASTY not in text and text.count("<script") == 1
    page = ParsedPage(text)
    assert page.text.count(NASTY) > 10
    assert not page.all("b")


def test_faces_have_their_points_and_the_lines_between_them(text):
    page = ParsedPage(text)
    faces = [each for each in page.all("svg") if "--radius" in each.get("style", "")]
    assert [each["viewbox"] for each in faces] == ["-0.5 -0.5 96 96"] * 3
    assert len(page.all("image")) == 3 + 2  # the faces, and the images in two drawings
    dots = [each for each in page.all("circle") if each.get("class") == "label" and "cx" in each]
    lines = [each["d"] for each in page.all("path") if each.get("class") == "pair"]
    assert len(dots) == len(lines) == 3 * 15
    number_pattern = r"-?\d+\.\d"
    assert all(re.fullmatch(rf"M{number_pattern} {number_pattern}L{number_pattern} "
                            rf"{number_pattern}", each) for each in lines)  # fmt: skip


def test_the_row_of_the_report_itself_is_marked(text):
    (marked,) = [each for each in ParsedPage(text).all("tr") if "aria-current" in each]
    assert marked["class"] == "marked"


def test_numbers_have_their_digits_no_minus_zero_and_nothing_for_nan():
    assert number(1.2345, 2, "px").text == "1.23 px"
    assert number(-0.04, 1).text == "0.0"
    assert number(np.float64("nan"), 1).text == "" and number(float("nan"), 1).value is None


def test_a_page_that_cannot_be_written_names_its_path(tmp_path):
    (tmp_path / "report.html").mkdir()
    with pytest.raises(FkdError, match=r"cannot write .*report\.html"):
        write_page(tmp_path / "report.html", Page("a", "b", "", []))


def test_a_picture_that_is_damaged_is_named(tmp_path):
    (tmp_path / "locations.png").write_bytes(b"\x89PNG")
    with pytest.raises(DataError, match=r"locations\.png: cannot be read as a picture"):
        stored_picture(tmp_path / "locations.png", "a", "b")
