"""Reports made up for tests, with a block of every kind."""

from pathlib import Path

import numpy as np
from support.made_up_faces import varied_faces, with_noise

from kaggle_fkd.figures.style import new_figure, save_figure
from kaggle_fkd.report.page import Page, write_page
from kaggle_fkd.report.pictures import face_gallery, stored_picture
from kaggle_fkd.report.plots import plot
from kaggle_fkd.report.section import (
    Absent,
    Cell,
    Fold,
    Heading,
    KeyFigure,
    KeyFigures,
    Section,
    Table,
    Text,
    number,
)

NASTY = '<script>alert("1")</script> & <b>'
"""A text that must not become part of the page's code."""


def drawing(line="#000000"):
    """A figure with a line of that colour, a legend and a clipped image."""
    figure = new_figure(4, 3)
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=line, marker="o", label="a line")
    axes.imshow(np.eye(4), extent=(0, 1, 0, 1))
    axes.legend()
    return figure


def runs_table():
    """Three runs, with a number that would be sorted wrongly as a text, and a missing one."""
    rows = [("b", 10.5), ("c", float("nan")), ("a", 9.25)]
    cells = tuple((Cell(name), number(score, 2, "px")) for name, score in rows)
    return Table("All runs", ("run", "score"), cells, frozenset({"a"}), sortable=True)


def write_sample_page(folder: Path, words: str = NASTY) -> Path:
    """A page with a block of every kind, in whose texts the words occur."""
    faces = varied_faces(3)
    stored = save_figure(drawing(), folder / "stored.png")
    blocks = (
        KeyFigures((KeyFigure(words, words, words),)),
        Heading(words),
        Text(words),
        Absent(words, words),
        plot("first", drawing(), words, words),
        plot("second", drawing(), "another drawing", "the same again"),
        stored_picture(stored, words, words),
        face_gallery(faces, [words] * 3, [words] * 3, words, with_noise(faces), words, words),
        runs_table(),
        Table(words, (words,), ((Cell(words),),)),
        Fold(words, (Text(words),)),
    )
    path = folder / "report.html"
    write_page(path, Page(words, words, words, [Section("one", words, blocks)]))
    return path
