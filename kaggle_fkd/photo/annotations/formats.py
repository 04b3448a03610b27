"""Pictures annotated with 68 points, in the two layouts that people have.

Udacity's: `training/` with `training_frames_keypoints.csv`, and `test/` with
`test_frames_keypoints.csv`. After a header, a row has the file's name and the x, y of 68 points, in
pixels from 0.

iBUG's, of 300-W, HELEN, LFPW and a user's own: any folders with a `.pts` file beside each picture,
where the first pixel's centre is at 1:

    version: 1
    n_points: 68
    {
    76.069 117.013
    ...
    }
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.competition.tables import describe_row, shorten
from kaggle_fkd.errors import DataError, PictureError
from kaggle_fkd.imaging.picture import PICTURE_SUFFIXES, decode_picture
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.photo.annotations.files import FileTree

REMEDY = "correct it, or take the picture and its keypoints out"


@dataclass(frozen=True, eq=False)
class AnnotatedPicture:
    """One annotated face. The picture is decoded when asked for, and not kept."""

    tree: FileTree
    """The folder or zip that the picture lies in."""
    name: str
    """The picture's path there."""
    keypoints: NDArray[np.float64]
    """68 x 2, x then y in pixels of the upright picture, pixel centres at whole numbers."""
    subject: str
    """Who is shown: equal for pictures of one person, as far as the source knows."""

    def load(self) -> NDArray[np.uint8]:
        """The picture, H x W x 3 RGB, turned as its EXIF says; DataError names a damaged one."""
        where = self.tree.place(self.name)
        try:
            picture = decode_picture(self.tree.read(self.name), where)
        except PictureError as error:
            raise DataError(error.problem, REMEDY) from error
        middle = self.keypoints.mean(axis=0)
        if (middle < 0).any() or (middle > picture.shape[1::-1]).any():
            raise DataError(f"{where}: its keypoints lie beside the picture", REMEDY)
        return picture


def points_of(cells: list[str], where: str) -> NDArray[np.float64]:
    """68 x 2 from the text of x, y, x, y, ...; DataError names `where` and what is wrong."""
    expected = 2 * len(IBUG68.names)
    if len(cells) != expected:
        raise DataError(f"{where}: {len(cells)} coordinates instead of {expected}", REMEDY)
    numbers = np.array([_number(cell, where) for cell in cells])
    points = numbers.reshape(-1, 2)
    if (np.ptp(points, axis=0) == 0).any():
        raise DataError(f"{where}: all points lie on one line", REMEDY)
    return points


def _number(cell: str, where: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise DataError(f"{where}: no finite number: {shorten(cell)}", REMEDY)
    return number


def read_udacity(tree: FileTree, part: str) -> Iterator[AnnotatedPicture]:
    """The annotated frames of `part` (training or test), wherever in the tree its CSVs lie.

    Pictures that no CSV names are left out. DataError names the file and the row of a missing
    picture, a wrong number of columns or a cell that is no number.
    """
    table = f"{part}_frames_keypoints.csv"
    for name in sorted(tree.names):
        path = PurePosixPath(name)
        if path.name == table:
            yield from _frames(tree, name, path.parent / part)


def person_of(file_name: str) -> str:
    """The person in a frame: Luis_Fonsi of Luis_Fonsi_21.jpg."""
    return re.sub(r"_\d+\.\w+$", "", file_name)


def _frames(tree: FileTree, table: str, folder: PurePosixPath) -> Iterator[AnnotatedPicture]:
    try:
        lines = tree.read_text(table).strip().splitlines()
        rows = list(csv.reader(lines, strict=True))[1:]
    except csv.Error as error:
        raise DataError(f"{tree.place(table)}: no CSV ({error})", REMEDY) from error
    for index, row in enumerate(rows):
        file_name, *cells = row or [""]
        where = f"{tree.place(table)}, {describe_row(index)}"
        picture = str(folder / file_name)
        if picture not in tree.names:
            raise DataError(f"{where}: no picture {shorten(file_name)} in {folder.name}/", REMEDY)
        yield AnnotatedPicture(tree, picture, points_of(cells, where), person_of(file_name))


def read_pts(tree: FileTree) -> Iterator[AnnotatedPicture]:
    """Every `.pts` file of the tree with the picture of the same name beside it.

    Nobody says who is shown, so each picture counts as a person. Pictures without a `.pts` are
    left out. DataError names a `.pts` without a picture, or one that is not 68 points.
    """
    pictures = {
        _stem(name): name
        for name in sorted(tree.names, reverse=True)
        if PurePosixPath(name).suffix.lower() in PICTURE_SUFFIXES
    }
    for name in sorted(tree.names):
        if PurePosixPath(name).suffix.lower() == ".pts":
            if _stem(name) not in pictures:
                raise DataError(f"{tree.place(name)}: no picture of that name beside it", REMEDY)
            picture = pictures[_stem(name)]
            keypoints = parse_pts(tree.read_text(name), tree.place(name))
            yield AnnotatedPicture(tree, picture, keypoints, subject=tree.place(picture))


def parse_pts(text: str, where: str) -> NDArray[np.float64]:
    """68 x 2 keypoints from 0; DataError names `where` and what is wrong."""
    if not (count := re.search(r"^\s*n_points:\s*(\S+)", text, re.MULTILINE)):
        raise DataError(f"{where}: no line with n_points", REMEDY)
    if count[1] != str(len(IBUG68.names)):
        raise DataError(f"{where}: n_points is {count[1]}, not {len(IBUG68.names)}", REMEDY)
    if not (body := re.search(r"\{(.*)\}", text, re.DOTALL)):
        raise DataError(f"{where}: the points are not in braces", REMEDY)
    return points_of(body[1].split(), where) - 1


def format_pts(keypoints: NDArray[np.floating]) -> str:
    """The text of a `.pts` file with K x 2 keypoints from 0."""
    points = "\n".join(f"{x:.3f} {y:.3f}" for x, y in keypoints + 1)
    return f"version: 1\nn_points: {len(keypoints)}\n{{\n{points}\n}}\n"


def _stem(name: str) -> PurePosixPath:
    """The path in the tree without its ending."""
    return PurePosixPath(name).with_suffix("")
