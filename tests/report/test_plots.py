"""Figures as SVG within a page."""

import re

from support.html_pages import ParsedPage
from support.report_pages import drawing

from kaggle_fkd.figures.style import new_figure
from kaggle_fkd.report.plots import plot


def test_two_drawings_of_one_page_share_no_id_and_refer_to_their_own():
    first, second = plot("one", drawing(), "a", ""), plot("two", drawing(), "b", "")
    pages = [ParsedPage(each.svg) for each in (first, second)]
    assert pages[0].ids and not set(pages[0].ids) & set(pages[1].ids)
    for page, each in zip(pages, (first, second), strict=True):
        targets = re.findall(r"url\(#([^)]*)\)", each.svg)
        targets += [use["href"].removeprefix("#") for use in page.all("use")]
        assert targets and set(targets) <= set(page.ids)


def test_a_drawing_is_the_same_each_time():
    assert plot("one", drawing(), "a", "") == plot("one", drawing(), "a", "")


def test_the_ids_of_a_drawing_do_not_depend_on_rounding():
    larger = drawing()
    larger.set_size_inches(larger.get_size_inches() + 1e-14)
    assert plot("one", larger, "a", "") == plot("one", drawing(), "a", "")


def test_a_drawing_is_read_aloud_by_its_title():
    svg = plot("one", drawing(), "An <odd> & title", "").svg
    (root,) = ParsedPage(svg).all("svg")
    assert root["role"] == "img" and root["aria-labelledby"] == "one-title"
    assert '<title id="one-title">An &lt;odd&gt; &amp; title</title>' in svg


def test_lines_and_text_follow_the_colours_of_the_page():
    svg = plot("one", drawing("#000000"), "a", "").svg
    assert "#000000" not in svg and "currentColor" in svg
    assert "#ffffff" not in svg  # the figure is transparent, its legend has the page's colour
    assert "#e69f00" in plot("one", drawing("#E69F00"), "a", "").svg


def test_coloured_text_is_made_legible_but_not_on_coloured_cells():
    figure = new_figure(3, 2)
    for position, colour in enumerate(("#F0E442", "#ffffff", "#262626")):
        figure.text(0.1, 0.3 * position, colour[1:], color=colour)
    styles = [each["style"] for each in ParsedPage(plot("one", figure, "a", "").svg).all("text")]
    assert "color-mix(in srgb, #f0e442 60%, currentColor)" in styles[0]
    assert "fill: #ffffff" in styles[1] and "fill: #262626" in styles[2]


def test_the_settings_of_matplotlib_are_left_alone():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    plot("one", drawing(), "a", "")
    assert dict(mpl.rcParams) == before
