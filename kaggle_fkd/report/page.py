"""The page: a report's sections, drawn by a template into one file that needs no network."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kaggle_fkd import __version__
from kaggle_fkd.report.section import Section
from kaggle_fkd.system.files import write_text

TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class Page:
    """A report before it is drawn."""

    title: str
    """The name of the run."""
    subtitle: str
    """What the run is, in a sentence."""
    notice: str
    """What must be known before any number is read; empty if there is nothing."""
    sections: Sequence[Section]


def write_page(path: Path, page: Page) -> None:
    """Write the page as HTML, atomically; raises FkdError if the file cannot be written."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    template = environment.get_template("page.html")
    now = datetime.now(UTC)
    write_text(path, template.render(page=page, version=__version__, now=now))
