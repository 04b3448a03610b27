"""`load_photographs`: photographs with labelled faces, from folders and zips."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kaggle_fkd.annotated.detection.dataset import PhotographDataset
from kaggle_fkd.annotated.load import find_labelled_by_people
from kaggle_fkd.annotated.picture import AnnotatedPicture, load_picture, rows_of
from kaggle_fkd.annotated.tree import FileTree
from kaggle_fkd.dataset import connected
from kaggle_fkd.errors import DataError, NoDataError
from kaggle_fkd.imaging.picture import PICTURE_SUFFIXES, grey_of
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.keypoints.coordinates import MAX_COORDINATE
from kaggle_fkd.photo.detection.faces import face_of_points
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.system.text import count_of, shorten

BOXES = "boxes.csv"
"""The file that names the faces of a folder of photographs."""
COLUMNS = ("image", "x0", "y0", "x1", "y1", "ignore")
"""Its columns: the photograph's name, the box in pixels, the latter two exclusive, and 1 for a face
that is neither to be found nor background."""
TIGHT = np.array([-0.02, 0.257, 1.01, 1.006])
"""The tight box of iBUG's points in a box from forehead to chin and from ear to ear: its edges, as
shares of that box's width and height. Medians over 4000 frontal faces of 40 pixels and more."""
RIGHT_EYE, LEFT_EYE = (0.263, 0.394), (0.715, 0.394)
"""Where the same faces have their eyes, as shares of the width and height of that box."""
REMEDY = f"correct it; {BOXES} has the columns {', '.join(COLUMNS)}"


@dataclass(frozen=True)
class _Row:
    """One row of a boxes.csv."""

    where: str
    """The file and the line, for messages."""
    box: NDArray[np.float64]
    """4."""
    ignored: bool


@dataclass(frozen=True)
class _Photograph:
    """One photograph, before its faces are joined with those of others."""

    picture: NDArray[np.uint8]
    complete: bool
    subject: str
    faces: NDArray[np.float32]
    ignored: NDArray[np.bool_]
    exact_eyes: bool


def load_photographs(paths: Sequence[Path]) -> PhotographDataset:
    """The photographs of folders with a boxes.csv, and of those that `load_annotated` reads.

    A folder with a boxes.csv has the photographs themselves, or zips of them; those without a row
    show no face. Its rows name them by their path in the folder or the zip, or by the file name
    alone where no other photograph has it. Pictures in other folders and zips have faces with
    iBUG's 68 points, and perhaps others without; those that a network labelled are left out,
    for a detector has found them already. Equal photographs have one subject.

    Raises NoDataError for no path, or one without photographs, DataError for the first wrong row or
    damaged picture.
    """
    photographs: list[_Photograph] = []
    if not paths:
        raise NoDataError("there are no photographs", "give folders that have some")
    for path in paths:
        of_path = _with_boxes(path) if _has_boxes(path) else _with_points(path)
        if not of_path:
            raise NoDataError(f"{path} has no photographs", "give a folder that has some")
        photographs += of_path
    counts = [len(each.faces) for each in photographs]
    return PhotographDataset(
        [each.picture for each in photographs],
        np.array([each.complete for each in photographs]),
        _subjects(photographs),
        np.concatenate([each.faces for each in photographs]),
        np.repeat(np.arange(len(photographs)), counts),
        np.concatenate([each.ignored for each in photographs]),
        np.repeat(np.array([each.exact_eyes for each in photographs]), counts),
    )


def photograph_files(path: Path) -> list[tuple[FileTree, str]]:
    """The photographs that `load_photographs` reads from a path, in its order: trees and names."""
    if not _has_boxes(path):
        return [(faces[0].tree, name) for name, faces in _annotated_files(path).items()]
    folder = FileTree(path)
    zips = [
        name for name in sorted(folder.names) if "/" not in name and name.lower().endswith(".zip")
    ]
    trees = [folder, *(FileTree(path / name) for name in zips)]
    return [
        (tree, name)
        for tree in trees
        for name in sorted(tree.names)
        if PurePosixPath(name).suffix.lower() in PICTURE_SUFFIXES
    ]


def _has_boxes(path: Path) -> bool:
    return path.is_dir() and (path / BOXES).is_file()


def _subjects(photographs: Sequence[_Photograph]) -> NDArray[np.int64]:
    """Equal numbers for photographs of one subject, and for equal ones."""
    stated = [each.subject for each in photographs]
    content = [sha256(each.picture.data).digest() for each in photographs]
    subject, picture = (pd.factorize(np.array(each))[0] for each in (stated, content))
    return connected(picture, subject)


def faces_of_boxes(boxes: NDArray[np.floating]) -> NDArray[np.float32]:
    """B x 7 for boxes B x 4 from forehead to chin: where a frontal face has its parts."""
    low, sides = boxes[:, :2] - 0.5, boxes[:, 2:] - boxes[:, :2]
    centre = low + sides * (TIGHT[:2] + TIGHT[2:]) / 2
    size = np.sqrt((sides * (TIGHT[2:] - TIGHT[:2])).prod(axis=1, keepdims=True))
    eyes = [low + sides * place for place in (RIGHT_EYE, LEFT_EYE)]
    return np.concatenate([centre, size, *eyes], axis=1).astype(np.float32)


def _with_points(path: Path) -> list[_Photograph]:
    """The pictures that have iBUG's points, each with all of its faces that have them."""
    photographs = []
    for same in progress(_annotated_files(path).values(), f"reading {path.name}"):
        picture, subject = grey_of(same[0].load()), same[0].subject
        faces = np.stack([face_of_points(each.keypoints) for each in same])
        ignored = np.zeros(len(same), bool)
        photographs.append(_Photograph(picture, False, subject, faces, ignored, exact_eyes=True))
    return photographs


def _annotated_files(path: Path) -> dict[str, list[AnnotatedPicture]]:
    """The faces that people labelled in each picture, by its name in the folder or zip."""
    try:
        labelled = find_labelled_by_people(path, IBUG68)
    except NoDataError as error:
        if not path.exists():
            raise
        raise NoDataError(
            error.problem,
            f"{error.remedy}; a folder of photographs with boxes needs a {BOXES}, which has only "
            "its header if they show no face",
        ) from error
    faces: dict[str, list[AnnotatedPicture]] = {}
    for each in labelled:
        faces.setdefault(each.name, []).append(each)
    return faces


def _with_boxes(path: Path) -> list[_Photograph]:
    """The photographs of a folder, and of the zips in it, with the faces of its boxes.csv."""
    files = photograph_files(path)
    rows = _read_boxes(path / BOXES, [name for _, name in files])
    log.info("%s: %s", path, count_of(len(files), "photograph"))
    photographs = []
    for tree, name in progress(files, f"reading {path.name}"):
        picture, faces = grey_of(load_picture(tree, name)), rows.get(name, [])
        for row in faces:
            _check_inside(row, picture)
        boxes = np.array([row.box for row in faces]).reshape(-1, 4)
        ignored = np.array([row.ignored for row in faces], bool)
        photographs.append(
            _Photograph(picture, True, tree.place(name), faces_of_boxes(boxes), ignored, False)
        )
    return photographs


def _read_boxes(path: Path, names: Sequence[str]) -> dict[str, list[_Row]]:
    """The rows of each photograph that has some, by its name, one of `names`."""
    header, *lines = rows_of(FileTree(path.parent), path.name) or [[]]
    if tuple(header) != COLUMNS:
        raise DataError(f"{path}: the columns are {shorten(', '.join(header))}", REMEDY)
    known: dict[str, set[str]] = {}
    for name in names:
        known.setdefault(name, set()).add(name)
        known.setdefault(PurePosixPath(name).name, set()).add(name)
    repeated = next((name for name, count in Counter(names).items() if count > 1), None)
    if repeated is not None:
        raise DataError(
            f"{path.parent}: there are two photographs {repeated}, perhaps in a zip and beside it",
            "remove one of them",
        )
    rows: dict[str, list[_Row]] = {}
    for number, cells in enumerate(lines, 2):
        where = f"{path}, line {number}"
        row = _row_of(cells, where)
        meant = known.get(cells[0], set())
        if cells[0] not in meant and len(meant) != 1:
            several = f"{len(meant)} photographs are called" if meant else "there is no photograph"
            raise DataError(f"{where}: {several} {shorten(cells[0])}", REMEDY)
        name = cells[0] if cells[0] in meant else next(iter(meant))
        rows.setdefault(name, []).append(row)
    return rows


def _row_of(cells: Sequence[str], where: str) -> _Row:
    if len(cells) != len(COLUMNS):
        raise DataError(f"{where}: {len(cells)} cells instead of {len(COLUMNS)}", REMEDY)
    try:
        numbers = [float(cell) for cell in cells[1:]]
    except ValueError:
        raise DataError(f"{where}: not a number: {shorten(', '.join(cells[1:]))}", REMEDY) from None
    x0, y0, x1, y1, ignore = numbers
    possible = all(abs(each) <= MAX_COORDINATE for each in numbers)  # also rejects NaN
    if not (possible and x0 < x1 and y0 < y1 and ignore in (0, 1)):
        raise DataError(f"{where}: not a box: {shorten(', '.join(cells[1:]))}", REMEDY)
    return _Row(where, np.array(numbers[:4]), ignore == 1)


def _check_inside(row: _Row, picture: NDArray[np.uint8]) -> None:
    """DataError for a box whose centre is outside its photograph."""
    height, width = picture.shape
    x, y = (row.box[:2] + row.box[2:]) / 2
    if not (0 <= x <= width and 0 <= y <= height):
        raise DataError(
            f"{row.where}: the centre of the box is outside the photograph, which has "
            f"{width} x {height} pixels",
            REMEDY,
        )
