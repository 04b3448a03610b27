"""Figures as SVG within a page, whose colours and fonts they take over."""

import io
import re
from xml.etree import ElementTree

import matplotlib as mpl
from matplotlib.figure import Figure

from kaggle_fkd.report.section import Plot

PIXELS_PER_POINT = 4 / 3
"""CSS pixels; SVGs of matplotlib are measured in points."""
COLOURS = {
    "#000000": "currentColor",
    "#ffffff": "var(--page)",
    "#eeeeee": "var(--faint)",
    "#dddddd": "var(--line)",
    "#cccccc": "var(--line)",
    "#b0b0b0": "var(--line)",
    "#555555": "var(--quiet)",
    "#0072b2": "var(--blue)",
}
"""What colours of figures become, so that they can be seen on a light and on a dark page."""
TEXT_COLOUR = "color-mix(in srgb, {} 60%, currentColor)"
"""What other colours of text become: legible on both, too."""
REFERENCE = re.compile(r"#([\w-]+)")
"""A reference to an id, in an attribute."""
NOT_DRAWN = ("metadata", "style")
"""Elements that are left out. Within a page, a style would apply to all of it."""
ON_COLOURED_CELLS = ("#ffffff", "#262626")
"""Text in these colours stands on coloured cells, and keeps its colour."""


def plot(name: str, figure: Figure, title: str, caption: str) -> Plot:
    """The figure as a block; `name` becomes its id, `title` is read aloud."""
    stream = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "none"}):  # text remains text, which is smaller
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    root = ElementTree.fromstring(stream.getvalue())
    _clean(root, name)
    described = ElementTree.Element("title", {"id": f"{name}-title"})
    described.text = title
    root.insert(0, described)
    width = round(float(root.attrib["viewBox"].split()[2]) * PIXELS_PER_POINT)
    root.attrib = {
        "viewBox": root.attrib["viewBox"], "role": "img", "aria-labelledby": f"{name}-title"
    }  # fmt: skip
    return Plot(name, ElementTree.tostring(root, encoding="unicode"), width, caption)


def _clean(root: ElementTree.Element, name: str) -> None:
    """Remove what is not drawn, number the ids after the name, and replace colours.

    Matplotlib's ids depend on chance, and on the last digits of positions, which differ when other
    figures were drawn before.
    """
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(child.tag) in NOT_DRAWN:
                parent.remove(child)
    used = dict.fromkeys(REFERENCE.findall(" ".join(_references(root))))
    ids = {used_id: f"{name}-{number}" for number, used_id in enumerate(used)}
    for element in root.iter():
        element.tag = _local(element.tag)
        attributes = {_local(key): value for key, value in element.attrib.items()}
        if attributes.get("id") not in ids:
            attributes.pop("id", None)
        for key, value in attributes.items():
            if key == "id":
                attributes[key] = ids[value]
            elif _refers(key, value):
                attributes[key] = REFERENCE.sub(lambda match: f"#{ids[match[1]]}", value)
            elif key in ("style", "fill", "stroke"):
                attributes[key] = _themed(value, element.tag)
        element.attrib = attributes


def _references(root: ElementTree.Element) -> list[str]:
    """The values of the attributes that refer to an id of the figure."""
    return [
        value
        for element in root.iter()
        for key, value in element.attrib.items()
        if _refers(_local(key), value)
    ]


def _refers(key: str, value: str) -> bool:
    """Whether the attribute refers to an id of the figure; an image's href holds its pixels."""
    return key == "clip-path" or (key == "href" and value.startswith("#"))


def _themed(style: str, tag: str) -> str:
    """The style with colours of the page."""

    def of_page(match: "re.Match[str]") -> str:
        colour = match[0].lower()
        if tag == "text" and colour in ON_COLOURED_CELLS:
            return colour
        return COLOURS.get(colour, TEXT_COLOUR.format(colour) if tag == "text" else colour)

    return re.sub(r"#[0-9a-fA-F]{6}\b", of_page, style)


def _local(name: str) -> str:
    """The name without its namespace."""
    return name.rpartition("}")[2]
