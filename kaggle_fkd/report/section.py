"""What a report is made of: sections of blocks, each of a kind that the template draws."""

import math
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Block:
    """A part of a section."""

    kind: ClassVar[str]
    """The name of the macro of the template that draws it."""


@dataclass(frozen=True)
class Text(Block):
    """A paragraph."""

    kind: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True)
class Heading(Block):
    """The title of a part of a section."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Absent(Block):
    """What a report lacks, and the command that adds it."""

    kind: ClassVar[str] = "absent"
    what: str
    """It completes the sentence "To add ..., run ..."."""
    command: str


@dataclass(frozen=True)
class KeyFigure:
    """A number that the reader looks for first."""

    name: str
    """What it is."""
    value: str
    """The number with its unit."""
    note: str = ""
    """What it was measured on."""


@dataclass(frozen=True)
class KeyFigures(Block):
    """The numbers that the reader looks for first, the most important one before the others."""

    kind: ClassVar[str] = "key_figures"
    figures: tuple[KeyFigure, ...]


@dataclass(frozen=True)
class Plot(Block):
    """A figure of lines and text, as SVG that follows the page's colours."""

    kind: ClassVar[str] = "plot"
    name: str
    """Its id in the page."""
    svg: str
    """The SVG element, safe to be put into a page."""
    width: int
    """Its natural width in CSS pixels; it is never shown wider."""
    caption: str
    """What it shows, and what to see in it."""


@dataclass(frozen=True)
class Picture(Block):
    """A figure of pixels."""

    kind: ClassVar[str] = "picture"
    source: str
    """A data URI."""
    width: int
    """Its natural size in CSS pixels."""
    height: int
    alternative: str
    """What it shows, for those who do not see it."""
    caption: str
    """What to see in it."""


@dataclass(frozen=True)
class FaceCard:
    """A face with its keypoints. Points are x and y in pixels, pixel centres at integers."""

    source: str
    """The picture, as a data URI."""
    width: int
    """Its size in pixels."""
    height: int
    radius: float
    """That of a point, in pixels."""
    labels: tuple[tuple[float, ...], ...]
    """x and y of each label, drawn as a dot."""
    predicted: tuple[tuple[float, ...], ...]
    """x and y of each prediction, drawn as a cross."""
    pairs: tuple[tuple[float, ...], ...]
    """Four coordinates of each line from a label to its prediction."""
    title: str
    """Which face it is."""
    note: str
    """What is said about it."""


@dataclass(frozen=True)
class Gallery(Block):
    """Faces with their keypoints."""

    kind: ClassVar[str] = "gallery"
    faces: tuple[FaceCard, ...]
    caption: str
    """What to see in them."""
    label_name: str
    """What the dots are."""
    predicted_name: str
    """What the crosses are."""


@dataclass(frozen=True)
class Cell:
    """A cell of a table."""

    text: str
    value: float | None = None
    """What its column is sorted by; None: by the text."""


@dataclass(frozen=True)
class Table(Block):
    """A table whose rows can be sorted by each column; the first cell of a row is its header."""

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    marked: frozenset[str] = frozenset()
    """The headers of the rows that are highlighted."""
    sortable: bool = False

    def is_numeric(self, column: int) -> bool:
        """Whether a column has numbers, which are aligned at the right."""
        return any(row[column].value is not None for row in self.rows)


@dataclass(frozen=True)
class Fold(Block):
    """Blocks that are shown on demand."""

    kind: ClassVar[str] = "fold"
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Section:
    """A subject of the report."""

    name: str
    """Its id in the page."""
    title: str
    blocks: tuple[Block, ...]


def number(value: float, digits: int, unit: str = "") -> Cell:
    """A cell with a number; an empty one for NaN."""
    if math.isnan(value):
        return Cell("")
    rounded = round(float(value), digits) + 0.0  # not -0.0
    return Cell(f"{rounded:.{digits}f} {unit}".rstrip(), float(value))


def count(value: int) -> Cell:
    """A cell with a whole number."""
    return Cell(str(value), float(value))
