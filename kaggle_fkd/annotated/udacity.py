"""Udacity's layout of annotated video frames, for any number of keypoints.

`training/` has its keypoints in `training_frames_keypoints.csv`, `test/` in
`test_frames_keypoints.csv`. After a header, a row has the file's name and the x, y of each
keypoint, in pixels, with the first pixel's centre at 0.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from kaggle_fkd.annotated.picture import AnnotatedPicture, rows_of
from kaggle_fkd.annotated.tree import FileTree
from kaggle_fkd.errors import DataError
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.keypoints.coordinates import REMEDY, points_of
from kaggle_fkd.keypoints.ibug68 import FRAMES
from kaggle_fkd.system.text import describe_row, shorten


def read_udacity(tree: FileTree, part: str, scheme: KeypointScheme) -> Iterator[AnnotatedPicture]:
    """The annotated frames of `part` ("training" or "test"), in all CSVs of the tree.

    Pictures that no CSV names are left out. Raises DataError, which names the file and the row,
    for a missing picture, another number of coordinates than the scheme's, or a cell that is not
    a number.
    """
    table = f"{part}_frames_keypoints.csv"
    for name in sorted(tree.names):
        path = PurePosixPath(name)
        if path.name == table:
            yield from _read_frames(tree, name, path.parent / part, scheme)


def person_of(file_name: str) -> str:
    """The person in a frame: Luis_Fonsi in Luis_Fonsi_21.jpg."""
    return re.sub(r"_\d+\.\w+$", "", file_name)


def _read_frames(
    tree: FileTree, table: str, folder: PurePosixPath, scheme: KeypointScheme
) -> Iterator[AnnotatedPicture]:
    for index, row in enumerate(rows_of(tree, table)[1:]):
        file_name, *cells = row or [""]
        where = f"{tree.place(table)}, {describe_row(index)}"
        picture = str(folder / file_name)
        if picture not in tree.names:
            raise DataError(f"{where}: no picture {shorten(file_name)} in {folder.name}/", REMEDY)
        keypoints = points_of(cells, where, scheme)
        yield AnnotatedPicture(tree, picture, keypoints, person_of(file_name), FRAMES)
