"""`load_photographs`: photographs with labelled faces, from folders and zips."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kaggle_fkd.errors import DataError, NoDataError
from kaggle_fkd.imaging.picture import PICTURE_SUFFIXES, grey_of
from kaggle_fkd.keypoints import EYES, IBUG68
from kaggle_fkd.photo.annotations.load import find_pictures
from kaggle_fkd.photo.annotations.picture import load_picture, rows_of
from kaggle_fkd.photo.annotations.tree import FileTree
from kaggle_fkd.photo.detection.dataset import PhotographDataset
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.system.text import count_of, shorten

BOXES = "boxes.csv"
"""The file that names the faces of a folder of photographs."""
COLUMNS = ("image", "x0", "y0", "x1", "y1", "ignore")
"""Its columns: the file's name, the box in pixels, the latter two exclusive, and 1 for a face that
is neither to be found nor background."""
TIGHT = np.array([-0.02, 0.257, 1.01, 1.006])
"""The tight box of iBUG's points in a box from forehead to chin and from ear to ear: its edges, as
shares of that box's width and height. Medians over 4000 frontal faces of 40 pixels and more."""
RIGHT_EYE, LEFT_EYE = (0.263, 0.394), (0.715, 0.394)
"""Where the same faces have their eyes, as shares of the width and height of that box."""
REMEDY = f"correct it; {BOXES} has the columns {', '.join(COLUMNS)}"


@dataclass(frozen=True)
class _Photograph:
    """One photograph, before its faces are joined with those of others."""

    picture: NDArray[np.uint8]
    complete: bool
    subject: str
    faces: NDArray[np.float32]
    ignored: NDArray[np.bool_]
    exact_eyes: bool


def load_photographs(paths: Iterable[Path]) -> PhotographDataset:
    """The photographs of folders with a boxes.csv, and of those that `load_annotated` reads.

    A folder with a boxes.csv has the photographs themselves, or zips of them; those without a row
    show no face. Other folders and zips have one face in each picture with iBUG's 68 points, and
    perhaps others without. Raises NoDataError for a path without photographs, DataError for the
    first wrong row or damaged picture.
    """
    photographs: list[_Photograph] = []
    for path in paths:
        boxed = path.is_dir() and (path / BOXES).is_file()
        photographs += _with_boxes(path) if boxed else _with_points(path)
    if not photographs:
        raise NoDataError("there are no photographs", "give folders that have some")
    counts = [len(each.faces) for each in photographs]
    subject, _ = pd.factorize(np.array([each.subject for each in photographs]))
    return PhotographDataset(
        [each.picture for each in photographs],
        np.array([each.complete for each in photographs]),
        subject.astype(np.int64),
        np.concatenate([each.faces for each in photographs]),
        np.repeat(np.arange(len(photographs)), counts),
        np.concatenate([each.ignored for each in photographs]),
        np.repeat(np.array([each.exact_eyes for each in photographs]), counts),
    )


def face_of_points(points: NDArray[np.floating]) -> NDArray[np.float32]:
    """7 for iBUG's points, 68 x 2: centre and size of their tight box, and the eyes."""
    low, high = points.min(axis=0), points.max(axis=0)
    size = np.sqrt((high - low).prod(keepdims=True))
    eyes = EYES.from_ibug68(points).reshape(4)
    return np.concatenate([(low + high) / 2, size, eyes]).astype(np.float32)


def faces_of_boxes(boxes: NDArray[np.floating]) -> NDArray[np.float32]:
    """B x 7 for boxes B x 4 from forehead to chin: where a frontal face has its parts."""
    low, sides = boxes[:, :2] - 0.5, boxes[:, 2:] - boxes[:, :2]
    centre = low + sides * (TIGHT[:2] + TIGHT[2:]) / 2
    size = np.sqrt((sides * (TIGHT[2:] - TIGHT[:2])).prod(axis=1, keepdims=True))
    eyes = [low + sides * place for place in (RIGHT_EYE, LEFT_EYE)]
    return np.concatenate([centre, size, *eyes], axis=1).astype(np.float32)


def _with_points(path: Path) -> list[_Photograph]:
    """One face in each picture, which has iBUG's points."""
    photographs = []
    for each in progress(find_pictures(path, IBUG68), f"reading {path.name}"):
        face = face_of_points(each.keypoints)[None]
        photographs.append(
            _Photograph(
                grey_of(each.load()), False, f"{path}/{each.subject}", face, np.zeros(1, bool), True
            )
        )
    return photographs


def _with_boxes(path: Path) -> list[_Photograph]:
    """The photographs of a folder, and of the zips in it, with the faces of its boxes.csv."""
    rows = _read_boxes(path / BOXES)
    trees = [FileTree(path), *(FileTree(each) for each in sorted(path.glob("*.zip")))]
    names = [
        (tree, name)
        for tree in trees
        for name in sorted(tree.names)
        if PurePosixPath(name).suffix.lower() in PICTURE_SUFFIXES
    ]
    missing = sorted(rows.keys() - {PurePosixPath(name).name for _, name in names})
    if missing:
        raise DataError(f"{path / BOXES}: there is no photograph {missing[0]}", REMEDY)
    log.info("%s: %s", path, count_of(len(names), "photograph"))
    nothing = np.zeros((0, 5))
    photographs = []
    for tree, name in progress(names, f"reading {path.name}"):
        picture, where = grey_of(load_picture(tree, name)), tree.place(name)
        faces = rows.get(PurePosixPath(name).name, nothing)
        photographs.append(
            _Photograph(picture, True, where, faces_of_boxes(faces[:, :4]), faces[:, 4] > 0, False)
        )
    return photographs


def _read_boxes(path: Path) -> dict[str, NDArray[np.float64]]:
    """B x 5 for each photograph that has rows: the box, and 1 for a face to be ignored."""
    header, *lines = rows_of(FileTree(path.parent), path.name) or [[]]
    if tuple(header) != COLUMNS:
        raise DataError(f"{path}: the columns are {shorten(', '.join(header))}", REMEDY)
    rows: dict[str, list[list[float]]] = {}
    for number, cells in enumerate(lines, 2):
        rows.setdefault(cells[0] if cells else "", []).append(_box(cells, f"{path}, line {number}"))
    return {name: np.array(boxes) for name, boxes in rows.items()}


def _box(cells: Sequence[str], where: str) -> list[float]:
    """The numbers of one row."""
    if len(cells) != len(COLUMNS):
        raise DataError(f"{where}: {len(cells)} cells instead of {len(COLUMNS)}", REMEDY)
    try:
        numbers = [float(cell) for cell in cells[1:]]
    except ValueError:
        raise DataError(f"{where}: not a number: {shorten(', '.join(cells[1:]))}", REMEDY) from None
    x0, y0, x1, y1, ignore = numbers
    if not (np.isfinite(numbers).all() and x0 < x1 and y0 < y1 and ignore in (0, 1)):
        raise DataError(f"{where}: not a box: {shorten(', '.join(cells[1:]))}", REMEDY)
    return numbers
