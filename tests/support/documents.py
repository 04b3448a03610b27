"""The documents: their fenced blocks, their command lines and their links."""

import io
import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

from kaggle_fkd.cli import main

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    path.relative_to(ROOT)
    for folder in (ROOT, ROOT / "docs", ROOT / "results", ROOT / "kaggle_fkd" / "weights")
    for path in sorted(folder.glob("*.md"))
]
PROGRAMS = ("kaggle-fkd ", "python run_pipeline.py ", "python -m kaggle_fkd ")
ADDED = {
    ("all", "train", "evaluate"): (
        "--model", "lenet", "--epochs", "1", "--set", "train.members=1", "--set", "train.folds=3"
    ),
    ("all", "eda"): ("--set", "eda.gallery_faces=1"),
}  # fmt: skip
"""What is added to the documented commands of these stages, so that they take seconds."""


class Block(NamedTuple):
    """A fenced block of a document."""

    language: str
    text: str
    line: int
    """Of the document, from 1, at which the text begins."""


def read(document: Path | str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(document: Path | str, *languages: str) -> list[Block]:
    """The fenced blocks of these languages, in order."""
    text = read(document)
    fences = re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    found = [Block(each[1], each[2], text[: each.start(2)].count("\n") + 1) for each in fences]
    return [block for block in found if block.language in languages]


def commands(document: Path | str) -> Iterator[str]:
    """Every command line of this program in a document's blocks and between its backticks."""
    for block in blocks(document, "sh", "text", "console"):
        lines = re.sub(r"\\\n\s*", "", block.text).splitlines()  # continued after a backslash
        yield from (line for line in lines if line.startswith(PROGRAMS))
    prose = re.sub(r"^```.*?^```$", "", read(document), flags=re.MULTILINE | re.DOTALL)
    inline = (" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose))
    yield from (code for code in inline if code.startswith(PROGRAMS))


def arguments_of(command: str) -> tuple[list[str], Path | None]:
    """The arguments of a command line as a shell would give them, and where its stdout goes."""
    program = next(each for each in PROGRAMS if command.startswith(each))
    words = shlex.split(command.removeprefix(program), comments=True)
    if ">" in words:
        return words[: words.index(">")], Path(words[-1])
    return words, None


def run_command(command: str) -> str:
    """Run a documented command line in this process and folder, and give its stdout.

    It must succeed. A file that its stdout goes to is written.
    """
    arguments, target = arguments_of(command)
    added = [each for stages, more in ADDED.items() if {*stages} & {*arguments} for each in more]
    with redirect_stdout(io.StringIO()) as stdout:
        assert main([*arguments, *added]) == 0, command
    if target is not None:
        target.write_text(stdout.getvalue(), encoding="utf-8")
    return stdout.getvalue()
