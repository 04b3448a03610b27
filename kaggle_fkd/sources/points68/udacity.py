"""The Udacity layout: frames of youtube68 in folders, and one CSV of keypoints for each.

`training/` with `training_frames_keypoints.csv`, and `test/` with `test_frames_keypoints.csv`.
After a header, a row has the file's name and the x, y of 68 points, in pixels from 0.
"""

import csv
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from kaggle_fkd.errors import DataError
from kaggle_fkd.sources.points68.annotated import MEND, AnnotatedPicture, points_of
from kaggle_fkd.sources.points68.tree import FileTree
from kaggle_fkd.sources.tables import place, shown


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
        raise DataError(f"{tree.place(table)}: no CSV ({error})", MEND) from error
    for index, row in enumerate(rows):
        file_name, *cells = row or [""]
        where = f"{tree.place(table)}, {place(index)}"
        picture = str(folder / file_name)
        if picture not in tree.names:
            raise DataError(f"{where}: no picture {shown(file_name)} in {folder.name}/", MEND)
        yield AnnotatedPicture(tree, picture, points_of(cells, where), person_of(file_name))
