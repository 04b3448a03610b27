"""`AnnotatedPicture`: one picture of a face with its annotated keypoints."""

import csv
import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.annotated.tree import FileTree
from kaggle_fkd.errors import DataError, PictureError
from kaggle_fkd.imaging.picture import decode_picture
from kaggle_fkd.keypoints.coordinates import REMEDY


@dataclass(frozen=True, eq=False)
class AnnotatedPicture:
    """One annotated face. The picture is decoded on demand, and not kept."""

    tree: FileTree
    """The folder or zip that contains the picture."""
    name: str
    """The picture's path there."""
    keypoints: NDArray[np.float64]
    """K x 2, x then y in pixels of the upright picture, pixel centres at integer coordinates."""
    subject: str
    """The person: equal for pictures of one person, as far as the source tells."""
    convention: str
    """The label convention of its keypoints, for schemes that have one of that name."""
    predicted: bool = False
    """Whether a network predicted the keypoints."""

    def load(self) -> NDArray[np.uint8]:
        """The picture, H x W x 3 RGB, turned as its EXIF says.

        Raises DataError, which names the file, if it is damaged or the mean of its keypoints is
        outside it.
        """
        picture = load_picture(self.tree, self.name)
        middle = self.keypoints.mean(axis=0)
        if (middle < 0).any() or (middle > picture.shape[1::-1]).any():
            where = self.tree.place(self.name)
            raise DataError(f"{where}: the mean of its keypoints is outside the picture", REMEDY)
        return picture

    @cached_property
    def digest(self) -> bytes:
        """Equal for equal files."""
        return hashlib.sha256(self.tree.read(self.name)).digest()


def load_picture(tree: FileTree, name: str) -> NDArray[np.uint8]:
    """The picture of that path, H x W x 3 RGB, turned as its EXIF says.

    Raises DataError, which names the file, if it is damaged.
    """
    try:
        return decode_picture(tree.read(name), tree.place(name))
    except PictureError as error:
        raise DataError(error.problem, REMEDY) from error


def rows_of(tree: FileTree, table: str) -> list[list[str]]:
    """The cells of a CSV file; raises DataError, which names it, if it is not one."""
    try:
        return list(csv.reader(tree.read_text(table).strip().splitlines(), strict=True))
    except csv.Error as error:
        raise DataError(f"{tree.place(table)}: not a CSV file ({error})", REMEDY) from error
