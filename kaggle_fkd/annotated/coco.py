"""Pictures with COCO keypoints, as labelling tools such as CVAT export them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from kaggle_fkd.annotated.picture import AnnotatedPicture
from kaggle_fkd.annotated.tree import REMEDY as UNREADABLE
from kaggle_fkd.annotated.tree import FileTree
from kaggle_fkd.errors import DataError
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.keypoints.coco import keypoint_order, parse_keypoints
from kaggle_fkd.keypoints.coordinates import REMEDY
from kaggle_fkd.keypoints.ibug68 import PHOTOGRAPHS
from kaggle_fkd.system.console import log
from kaggle_fkd.system.text import count_of, shorten

PARTS = ("images", "annotations", "categories")
"""The lists of a COCO file."""
IMAGES = "images"
"""The folder beside a COCO file in which pictures may be."""

Entry = Mapping[str, Any]
"""A picture, an annotation or a category of a COCO file."""


def read_coco(tree: FileTree, scheme: KeypointScheme) -> Iterator[AnnotatedPicture]:
    """Every face with all keypoints in the COCO files of the tree.

    A COCO file is a `.json` file with `images`, `annotations` and `categories`, one of which has
    `keypoints`; other JSON files are left out, and so are annotations of categories without
    keypoints. Faces of which a keypoint is not labelled are left out, with a warning that counts
    them. A picture is looked for beside the file, in `images` there, and then anywhere in the tree.
    The format does not name the person, so the faces of a picture count as one person of its own.
    Raises DataError, which names the file and the annotation, for a damaged file, wrong keypoints,
    another scheme's keypoints, or a missing picture.
    """
    for name in sorted(tree.names):
        if PurePosixPath(name).suffix.lower() == ".json":
            document = _keypoint_document(tree, name)
            if document:
                yield from _read_annotations(tree, name, document, scheme)


def _keypoint_document(tree: FileTree, name: str) -> dict[str, list[Entry]] | None:
    """The lists of a COCO file with keypoints; None for another JSON file."""
    content = tree.read(name)
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:  # the latter: brackets nested too deeply
        if any(f'"{part}"'.encode() in content for part in PARTS):
            raise DataError(f"{tree.place(name)}: not a JSON file ({error})", UNREADABLE) from error
        return None
    lists = [document.get(part) for part in PARTS] if isinstance(document, dict) else []
    if not lists or not all(isinstance(each, list) for each in lists):
        return None
    for part in PARTS:
        if not all(isinstance(each, dict) for each in document[part]):
            raise DataError(f"{tree.place(name)}: {part} are not all objects", REMEDY)
    has_keypoints = any(category.get("keypoints") for category in document["categories"])
    return document if has_keypoints else None


def _read_annotations(
    tree: FileTree, name: str, document: Mapping[str, list[Entry]], scheme: KeypointScheme
) -> Iterator[AnnotatedPicture]:
    where = tree.place(name)
    images, categories = (_by_id(document, part, where) for part in ("images", "categories"))
    pictures = _Pictures(tree, PurePosixPath(name).parent)
    incomplete = 0
    for annotation in document["annotations"]:
        here = f"{where}, annotation {annotation.get('id')}"
        category = _entry(categories, annotation, "category_id", here)
        names = category.get("keypoints")
        if not names or not isinstance(names, list):
            continue
        order = keypoint_order(names, f"{where}, category {category.get('name')}", scheme)
        values = annotation.get("keypoints", [0] * 3 * len(names))
        keypoints = parse_keypoints(values, order, len(names), here, scheme)
        if keypoints is None:
            incomplete += 1
            continue
        picture = pictures.find(_entry(images, annotation, "image_id", here), here)
        yield AnnotatedPicture(tree, picture, keypoints, tree.place(picture), PHOTOGRAPHS)
    if incomplete:
        faces = count_of(incomplete, "face")
        log.warning("%s: %s left out, because not all keypoints are labelled", where, faces)


def _by_id(document: Mapping[str, list[Entry]], part: str, where: str) -> dict[str, Entry]:
    """The entries of a list of a COCO file, by their id."""
    entries: dict[str, Entry] = {}
    for entry in document[part]:
        number = str(entry.get("id"))
        if number in entries:
            raise DataError(f"{where}: two of the {part} have the id {shorten(number)}", REMEDY)
        entries[number] = entry
    return entries


def _entry(entries: Mapping[str, Entry], annotation: Entry, key: str, where: str) -> Entry:
    """The picture or the category of an annotation."""
    number = str(annotation.get(key))
    if number not in entries:
        raise DataError(f"{where}: nothing has its {key}, {shorten(number)}", REMEDY)
    return entries[number]


class _Pictures:
    """The pictures that a COCO file in `folder` may name."""

    def __init__(self, tree: FileTree, folder: PurePosixPath) -> None:
        self.tree, self.folder = tree, folder
        self.by_name: dict[str, list[PurePosixPath]] = {}
        for path in map(PurePosixPath, sorted(tree.names)):
            self.by_name.setdefault(path.name, []).append(path)

    def find(self, image: Entry, where: str) -> str:
        """The path in the tree of a picture; DataError, which names `where`, if it is not clear.

        Beside the file, or in IMAGES there; else the only one anywhere whose path ends like that:
        CVAT has images/default/ beside annotations/, FiftyOne data/.
        """
        file_name = str(image.get("file_name")).replace("\\", "/")  # of Windows
        for folder in (self.folder, self.folder / IMAGES):
            if str(folder / file_name) in self.tree.names:
                return str(folder / file_name)
        parts = PurePosixPath(file_name).parts
        others = self.by_name.get(PurePosixPath(file_name).name, [])
        found = [path for path in others if path.parts[-len(parts) :] == parts]
        if len(found) != 1:
            several = f"{len(found)} pictures are called" if found else "there is no picture"
            raise DataError(f"{where}: {several} {shorten(file_name)}", REMEDY)
        return str(found[0])
