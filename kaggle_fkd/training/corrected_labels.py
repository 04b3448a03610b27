"""Corrected labels as COCO keypoints, from a labelling tool: label fixes where they differ."""

import re
from pathlib import Path, PurePosixPath

import numpy as np

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError
from kaggle_fkd.keypoints.coco import PREDICTION_NAME
from kaggle_fkd.keypoints.coco_file import CocoFace, faces_in, parse_coco
from kaggle_fkd.system.reading import read_file
from kaggle_fkd.system.text import shorten
from kaggle_fkd.training.label_fixes import DROP, MOVE, Fix, check_fix, read_fixes

MOVED_PX = 0.05
"""A label is moved by more than this; COCO files have coordinates rounded to 0.01 pixels."""
PICTURE_OF_ROW = re.compile(r"(?:[0-9a-f]{8}-)?(\d{1,18})")
"""The name of a face's picture without its suffix: the row, after what Label Studio puts there."""
REMEDY = "export the labels of `evaluate --coco` as COCO keypoints (train.label_fixes)"


def fixes_in(path: Path | None, faces: FaceDataset) -> tuple[Fix, ...]:
    """The fixes in a file: corrected labels if its name ends in .json, else CSV; () for None.

    Raises DataError, which names the file and where in it, for what is wrong.
    """
    if path is None:
        return ()
    return (read_corrected if path.suffix.lower() == ".json" else read_fixes)(path, faces)


def read_corrected(path: Path, faces: FaceDataset) -> tuple[Fix, ...]:
    """The differences of labels in a COCO file from those of these faces, as fixes.

    A picture is named by its face's row, as `evaluation.coco_pictures` does: 12.png. Faces without
    an annotation are unchanged, and so are labels within `MOVED_PX`; other locations are moves, and
    v = 0 drops a label. Annotations of the category of predictions are left out. Raises DataError,
    which names the file and the annotation, for a file that is not COCO keypoints of these faces.
    """
    where = str(path)
    try:
        content = read_file(path)
    except OSError as error:
        raise DataError(f"{where}: cannot be read as COCO keypoints ({error})", REMEDY) from error
    document = parse_coco(content, where, REMEDY)
    if document is None:
        raise DataError(f"{where}: not a COCO file with keypoints", REMEDY)
    fixes: list[Fix] = []
    annotated: dict[int, str] = {}
    for face in faces_in(document, where, faces.scheme):
        if face.category == PREDICTION_NAME:
            continue
        row = _row(face)
        if row not in faces.positions:
            raise DataError(
                f"{face.where}: row {row} is not a training face", "use the labels of these faces"
            )
        if row in annotated:
            raise DataError(
                f"{face.where}: row {row} has labels in {annotated[row]}, too",
                "delete one of the annotations",
            )
        annotated[row] = face.where.removeprefix(f"{where}, ")
        differences = _differences(face, row, faces)
        for fix in differences:
            check_fix(fix, faces, face.where)
        fixes += differences
    return tuple(fixes)


def _row(face: CocoFace) -> int:
    """The row that the face's picture is named by."""
    found = PICTURE_OF_ROW.fullmatch(PurePosixPath(face.picture).stem)
    if not found:
        raise DataError(
            f"{face.where}: its picture {shorten(face.picture)} is not named by a row",
            "name pictures as `evaluate --coco` does: 12.png for row 12",
        )
    return int(found[1])


def _differences(face: CocoFace, row: int, faces: FaceDataset) -> list[Fix]:
    """What makes the labels of the face of that row into those of its annotation."""
    index = faces.positions[row]
    published = faces.keypoints[index] - np.float32(faces.margin)
    distance = np.linalg.norm(face.keypoints - published, axis=1)
    known = np.isfinite(face.keypoints).all(axis=1)
    dropped = faces.labelled[index] & ~known
    if dropped.any() and not known.any():
        return [Fix(row, "", DROP)]
    moved = known & ~(distance <= MOVED_PX)  # the distance from a label that was missing is NaN
    fixes = []
    for k, name in enumerate(faces.scheme.names):
        if dropped[k]:
            fixes.append(Fix(row, name, DROP))
        elif moved[k]:
            x, y = np.round(face.keypoints[k], 2).tolist()
            fixes.append(Fix(row, name, MOVE, x, y))
    return fixes
