"""Label fixes: a person's decisions about the labels of training faces, and their table."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError, suggest
from kaggle_fkd.system.files import write_text
from kaggle_fkd.system.reading import read_text_file
from kaggle_fkd.system.text import shorten

COLUMNS = ("row", "keypoint", "decision", "x", "y")
"""The columns of a table of label fixes, which is a CSV file."""
KEEP, DROP, MOVE = DECISIONS = ("keep", "drop", "move")
"""What may be decided about a label."""
REMEDY = "correct that line, or delete it"


@dataclass(frozen=True)
class Fix:
    """A decision about one label of a training face, or about all its labels."""

    row: int
    """The face's id: its row in training.csv, counted from 0."""
    keypoint: str
    """The keypoint's name; empty: every keypoint of the face that has no fix of its own."""
    decision: str
    """keep: the label is right, whatever an audit says. drop: it is removed. move: it is at x, y,
    also where the face had no label of this keypoint."""
    x: float | None = None
    """Of a move, in pixels of the face without a margin, the first pixel's centre at 0."""
    y: float | None = None
    """As x."""


def read_fixes(path: Path, faces: FaceDataset) -> tuple[Fix, ...]:
    """The fixes of these faces in a CSV file, in its order.

    Raises DataError, which names the file and the line, for a file that cannot be read, for fixes
    that `check_fix` rejects, and for two of the same keypoint of a face.
    """
    lines: dict[tuple[int, str], int] = {}
    fixes = []
    for line, cells in _lines(path):
        where = f"{path}, line {line}"
        fix = _parse(cells, where)
        check_fix(fix, faces, where)
        earlier = lines.setdefault((fix.row, fix.keypoint), line)
        if earlier != line:
            of = f"keypoint {fix.keypoint}" if fix.keypoint else "all keypoints"
            raise DataError(
                f"{where}: row {fix.row}, {of}, has a decision in line {earlier}, too",
                "delete one of the lines",
            )
        fixes.append(fix)
    return tuple(fixes)


def check_fix(fix: Fix, faces: FaceDataset, where: str) -> None:
    """DataError, which names `where`, for a fix that does not fit the faces.

    That is an unknown face, keypoint or decision, a move without a keypoint or its location, or of
    a keypoint that the face's convention does not mark, a location that is farther outside of the
    picture than its width or height, and a location without a move.
    """
    if fix.row not in faces.positions:
        raise DataError(
            f"{where}: row {fix.row} is not a training face",
            "use the fixes of these faces (train.label_fixes)",
        )
    if fix.keypoint not in ("", *faces.scheme.names):
        remedy = suggest(fix.keypoint, faces.scheme.names)
        raise DataError(f"{where}: {shorten(fix.keypoint)} is not a keypoint", remedy)
    if fix.decision not in DECISIONS:
        remedy = suggest(fix.decision, DECISIONS)
        raise DataError(f"{where}: {shorten(fix.decision)} is not a decision", remedy)
    if fix.decision == MOVE:
        _check_move(fix, faces, where)
    elif (fix.x, fix.y) != (None, None):
        raise DataError(
            f"{where}: a {fix.decision} has a location", "remove x and y, or make it a move"
        )


def _check_move(fix: Fix, faces: FaceDataset, where: str) -> None:
    """DataError for a move of one of the faces without a keypoint or a possible location."""
    if not fix.keypoint:
        raise DataError(f"{where}: a move of all keypoints", "name the keypoint that it moves")
    if fix.x is None or fix.y is None:
        raise DataError(f"{where}: a move without x and y", "say where the keypoint is, in pixels")
    convention = faces.scheme.conventions[faces.convention[faces.positions[fix.row]]]
    if faces.scheme.index(fix.keypoint) not in convention.keypoints:
        raise DataError(
            f"{where}: row {fix.row} is labelled in convention {convention.name}, which does not "
            f"mark {fix.keypoint}",
            REMEDY,
        )
    height, width = (side - 2 * faces.margin for side in faces.size)
    # As in training.csv, where a label that is farther outside is treated as a typing error.
    if not (-width <= fix.x <= 2 * width and -height <= fix.y <= 2 * height):  # also rejects NaN
        raise DataError(
            f"{where}: x {fix.x:g}, y {fix.y:g} is not near the picture, which has {width} x "
            f"{height} pixels",
            REMEDY,
        )


def write_fixes(path: Path, fixes: Iterable[Fix]) -> None:
    """Write the fixes as CSV, atomically, in the order of rows and keypoints.

    The lines of keypoints stand before the line of their face. Raises FkdError if the file cannot
    be written.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for fix in sorted(fixes, key=lambda fix: (fix.row, not fix.keypoint, fix.keypoint)):
        table.writerow([getattr(fix, column) for column in COLUMNS])
    write_text(path, text.getvalue())


def apply_fixes(faces: FaceDataset, fixes: Iterable[Fix]) -> FaceDataset:
    """The faces with labels dropped and moved, as fixes that `check_fix` accepts say."""
    fixes = tuple(fixes)
    keypoints = faces.keypoints.copy()
    keypoints[decisions(faces, fixes) == DROP] = np.nan
    for fix in fixes:
        if fix.decision == MOVE:
            location = np.array([fix.x, fix.y], np.float32) + np.float32(faces.margin)
            keypoints[faces.positions[fix.row], faces.scheme.index(fix.keypoint)] = location
    return replace(faces, keypoints=keypoints)


def decisions(faces: FaceDataset, fixes: Iterable[Fix]) -> NDArray[np.str_]:
    """N x K, the decision about each keypoint; empty where there is none.

    The fix of a keypoint takes precedence over that of its face.
    """
    decided = np.full(faces.keypoints.shape[:2], "", "U4")
    for fix in sorted(fixes, key=lambda fix: bool(fix.keypoint)):
        which: Any = faces.scheme.index(fix.keypoint) if fix.keypoint else slice(None)
        decided[faces.positions[fix.row], which] = fix.decision
    return decided


def _lines(path: Path) -> list[tuple[int, dict[str, str]]]:
    """The lines of the table with their numbers in an editor, without blank ones."""
    remedy = f"use a CSV file with the columns {','.join(COLUMNS)} (train.label_fixes)"
    try:
        text = read_text_file(path, "utf-8-sig")  # a spreadsheet puts a mark in front
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = next(reader, [])
        table = [(reader.line_num, cells) for cells in reader if any(cells)]
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read as label fixes ({error})", remedy) from error
    for name in COLUMNS:
        if header.count(name) != 1:
            what = "is missing" if name not in header else "is there twice"
            raise DataError(f"{path}: column {name} {what}", remedy)
    for line, cells in table:
        if len(cells) != len(header):
            raise DataError(
                f"{path}, line {line}: {len(cells)} cells instead of {len(header)}", REMEDY
            )
    return [(line, dict(zip(header, cells, strict=True))) for line, cells in table]


def _parse(cells: dict[str, str], where: str) -> Fix:
    """The fix in a line; DataError for a row, or a location, that is not a number."""
    try:
        row = int(cells["row"])
    except ValueError as error:
        problem = f"{where}: row {shorten(cells['row'])} is not a whole number"
        raise DataError(problem, REMEDY) from error
    x, y = (_number(cells[axis], f"{where}: {axis}") for axis in "xy")
    return Fix(row, cells["keypoint"].strip(), cells["decision"].strip(), x, y)


def _number(cell: str, where: str) -> float | None:
    """The number in a cell; None for an empty cell, DataError for another text."""
    if not cell.strip():
        return None
    try:
        return float(cell)
    except ValueError as error:
        raise DataError(f"{where} {shorten(cell)} is not a number", REMEDY) from error
