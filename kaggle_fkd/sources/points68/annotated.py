"""`AnnotatedPicture`: a picture in its file, and the 68 points of the face in it."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from kaggle_fkd.errors import DataError
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.sources.points68.tree import FileTree
from kaggle_fkd.sources.tables import shown

MEND = "correct it, or take the picture and its keypoints out"


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
        try:
            with Image.open(io.BytesIO(self.tree.read(self.name))) as image:
                return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise DataError(
                f"{self.tree.place(self.name)}: not a picture, or a damaged one ({error})", MEND
            ) from error


def points_of(cells: list[str], where: str) -> NDArray[np.float64]:
    """68 x 2 from the text of x, y, x, y, ...; DataError names `where` and what is wrong."""
    expected = 2 * len(IBUG68.names)
    if len(cells) != expected:
        raise DataError(f"{where}: {len(cells)} coordinates instead of {expected}", MEND)
    numbers = np.array([_number(cell, where) for cell in cells])
    points = numbers.reshape(-1, 2)
    if (np.ptp(points, axis=0) == 0).any():
        raise DataError(f"{where}: all points lie on one line", MEND)
    return points


def _number(cell: str, where: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise DataError(f"{where}: no finite number: {shown(cell)}", MEND)
    return number
