"""Folders of pictures with iBUG `.pts` files beside them: 300-W, HELEN, LFPW, a user's own.

    version: 1
    n_points: 68
    {
    76.069 117.013
    ...
    }

The coordinates are x and y in pixels, and the first pixel's centre is at 1.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.errors import DataError
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.sources.points68.annotated import MEND, AnnotatedPicture, points_of
from kaggle_fkd.sources.points68.tree import FileTree

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm"})
"""What the picture beside a `.pts` file may be, in small or capital letters."""


def read_pts(tree: FileTree) -> Iterator[AnnotatedPicture]:
    """Every `.pts` file of the tree with the picture of the same name beside it.

    Nobody says who is shown, so each picture counts as a person. Pictures without a `.pts` are
    left out. DataError names a `.pts` without a picture, or one that is not 68 points.
    """
    pictures = {
        _stem(name): name
        for name in sorted(tree.names, reverse=True)
        if PurePosixPath(name).suffix.lower() in SUFFIXES
    }
    for name in sorted(tree.names):
        if PurePosixPath(name).suffix.lower() == ".pts":
            if _stem(name) not in pictures:
                raise DataError(f"{tree.place(name)}: no picture of that name beside it", MEND)
            picture = pictures[_stem(name)]
            keypoints = parse_pts(tree.read_text(name), tree.place(name))
            yield AnnotatedPicture(tree, picture, keypoints, subject=tree.place(picture))


def parse_pts(text: str, where: str) -> NDArray[np.float64]:
    """68 x 2 keypoints from 0; DataError names `where` and what is wrong."""
    if not (count := re.search(r"^\s*n_points:\s*(\S+)", text, re.MULTILINE)):
        raise DataError(f"{where}: no line with n_points", MEND)
    if count[1] != str(len(IBUG68.names)):
        raise DataError(f"{where}: n_points is {count[1]}, not {len(IBUG68.names)}", MEND)
    if not (body := re.search(r"\{(.*)\}", text, re.DOTALL)):
        raise DataError(f"{where}: the points are not in braces", MEND)
    return points_of(body[1].split(), where) - 1


def format_pts(keypoints: NDArray[np.floating]) -> str:
    """The text of a `.pts` file with K x 2 keypoints from 0."""
    points = "\n".join(f"{x:.3f} {y:.3f}" for x, y in keypoints + 1)
    return f"version: 1\nn_points: {len(keypoints)}\n{{\n{points}\n}}\n"


def _stem(name: str) -> PurePosixPath:
    """The path in the tree without its ending."""
    return PurePosixPath(name).with_suffix("")
