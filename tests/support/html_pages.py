"""Pages of HTML, taken apart for tests."""

from html.parser import HTMLParser

VOID = {"meta", "img", "br", "link", "input", "hr"}
"""Elements without an end."""


class ParsedPage(HTMLParser):
    """What a page contains. Reading it fails where elements are not closed as they were opened."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        """Every element: its name, its attributes."""
        self.titled: list[bool] = []
        """Of every outermost SVG element, whether it has a title, or is hidden."""
        self.texts: list[str] = []
        """What stands between the elements, but for styles and scripts."""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append((tag, attributes))
        if tag == "svg" and "svg" not in self._open:
            self.titled.append(attributes.get("aria-hidden") == "true")
        if tag == "title" and "svg" in self._open:
            self.titled[-1] = True
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> at {self.getpos()}"

    def handle_data(self, data: str) -> None:
        if data.strip() and not {"style", "script"} & set(self._open):
            self.texts.append(data.strip())

    @property
    def text(self) -> str:
        """What is read on the page."""
        return " ".join(" ".join(self.texts).split())

    @property
    def ids(self) -> list[str]:
        """All ids, in order."""
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]

    def all(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every element of that name."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def addresses(self) -> list[str]:
        """Whatever the page would load or refers to."""
        return [
            attributes[name]
            for _, attributes in self.elements
            for name in ("src", "href", "srcset", "data", "action")
            if name in attributes
        ]


def require_sound(page: ParsedPage) -> None:
    """Fail for a page that repeats an id, hides a picture from some, or needs the network."""
    assert len(page.ids) == len(set(page.ids))
    assert all(page.titled) and all(image.get("alt") for image in page.all("img"))
    for address in page.addresses:
        assert address.startswith("data:image/") or address.removeprefix("#") in page.ids, address
    assert not page.all("link") and all("src" not in script for script in page.all("script"))
    assert all(header.get("scope") in ("col", "row") for header in page.all("th"))
