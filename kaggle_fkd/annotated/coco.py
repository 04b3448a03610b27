"""Pictures with COCO keypoints, as labelling tools such as CVAT export them."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

import numpy as np

from kaggle_fkd.annotated.picture import AnnotatedPicture
from kaggle_fkd.annotated.tree import REMEDY as TREE_REMEDY
from kaggle_fkd.annotated.tree import FileTree
from kaggle_fkd.errors import DataError
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.keypoints.coco_file import CocoFace, faces_in, parse_coco
from kaggle_fkd.keypoints.coordinates import REMEDY
from kaggle_fkd.keypoints.ibug68 import PHOTOGRAPHS
from kaggle_fkd.system.console import log
from kaggle_fkd.system.text import count_of, shorten

IMAGES = "images"
"""The folder beside a COCO file in which pictures may be."""


def read_coco(tree: FileTree, scheme: KeypointScheme) -> Iterator[AnnotatedPicture]:
    """Every face with all keypoints in the COCO files of the tree.

    A COCO file is a `.json` file with `images`, `annotations` and `categories`, one of which has
    `keypoints`; other JSON files are left out, and so are annotations of categories without
    keypoints. Faces of which a keypoint is not labelled are left out, with a warning that counts
    them. A picture is looked for beside the file, in `images` there, and then anywhere in the tree.
    The format does not name the person, so the faces of a picture count as one person of its own.
    Faces with a score count as labelled by a network: they are trained on, and never held out.
    Raises DataError, which names the file and the annotation, for a damaged file, wrong keypoints,
    another scheme's keypoints, or a missing picture.
    """
    for name in sorted(tree.names):
        if PurePosixPath(name).suffix.lower() == ".json":
            where = tree.place(name)
            document = parse_coco(tree.read(name), where, TREE_REMEDY)
            if document:
                yield from _read_faces(tree, name, faces_in(document, where, scheme))


def _read_faces(tree: FileTree, name: str, faces: Iterable[CocoFace]) -> Iterator[AnnotatedPicture]:
    """The faces of the file of that name that have all keypoints."""
    pictures = _Pictures(tree, PurePosixPath(name).parent)
    incomplete = predicted = 0
    for face in faces:
        if np.isnan(face.keypoints).any():
            incomplete += 1
            continue
        predicted += face.predicted
        picture = pictures.find(face)
        yield AnnotatedPicture(
            tree, picture, face.keypoints, tree.place(picture), PHOTOGRAPHS, face.predicted
        )
    where = tree.place(name)
    if incomplete:
        count = count_of(incomplete, "face")
        log.warning("%s: %s left out, because not all keypoints are labelled", where, count)
    if predicted:
        count = count_of(predicted, "face")
        log.info("%s: %s with a score, which a network labelled: never held out", where, count)


class _Pictures:
    """The pictures that a COCO file in `folder` may name."""

    def __init__(self, tree: FileTree, folder: PurePosixPath) -> None:
        self.tree, self.folder = tree, folder
        self.by_name: dict[str, list[PurePosixPath]] = {}
        for path in map(PurePosixPath, sorted(tree.names)):
            self.by_name.setdefault(path.name, []).append(path)

    def find(self, face: CocoFace) -> str:
        """The path in the tree of a face's picture; DataError if it is not clear.

        Beside the file, or in IMAGES there; else the only one anywhere whose path ends like that:
        CVAT has images/default/ beside annotations/, FiftyOne data/.
        """
        for folder in (self.folder, self.folder / IMAGES):
            if str(folder / face.picture) in self.tree.names:
                return str(folder / face.picture)
        path = PurePosixPath(face.picture)
        others = self.by_name.get(path.name, [])
        found = [each for each in others if each.parts[-len(path.parts) :] == path.parts]
        if len(found) != 1:
            several = f"{len(found)} pictures are called" if found else "there is no picture"
            raise DataError(f"{face.where}: {several} {shorten(face.picture)}", REMEDY)
        return str(found[0])
