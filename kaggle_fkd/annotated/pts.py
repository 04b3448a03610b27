"""Pictures with iBUG's `.pts` files beside them, as 300-W, HELEN and LFPW have them."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from kaggle_fkd.annotated.picture import AnnotatedPicture
from kaggle_fkd.annotated.tree import FileTree
from kaggle_fkd.errors import DataError
from kaggle_fkd.imaging.picture import PICTURE_SUFFIXES
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.keypoints.coordinates import REMEDY
from kaggle_fkd.keypoints.ibug68 import PHOTOGRAPHS
from kaggle_fkd.keypoints.pts import parse_pts


def read_pts(tree: FileTree, scheme: KeypointScheme) -> Iterator[AnnotatedPicture]:
    """Every `.pts` file of the tree with the picture of the same name beside it.

    The format does not name the person, so each picture counts as another person. Pictures
    without a `.pts` file are left out. Raises DataError, which names the file, for a `.pts` file
    without a picture, or with another number of points than the scheme's.
    """
    pictures = {
        _without_suffix(name): name
        for name in sorted(tree.names, reverse=True)
        if PurePosixPath(name).suffix.lower() in PICTURE_SUFFIXES
    }
    for name in sorted(tree.names):
        if PurePosixPath(name).suffix.lower() == ".pts":
            where = tree.place(name)
            picture = pictures.get(_without_suffix(name))
            if picture is None:
                raise DataError(f"{where}: no picture of that name beside it", REMEDY)
            keypoints = parse_pts(tree.read_text(name), where, scheme)
            yield AnnotatedPicture(tree, picture, keypoints, tree.place(picture), PHOTOGRAPHS)


def _without_suffix(name: str) -> PurePosixPath:
    return PurePosixPath(name).with_suffix("")
