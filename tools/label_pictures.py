"""Labels the faces of photographs by networks, as COCO keypoints to train on.

    python tools/label_pictures.py photographs/ --runs runs/RUN --out labelled

The keypoints are the mean of those of the package's network and of the runs, each averaged with
those of the face's mirror image. Left out are faces that are small or doubtful, or whose keypoints
are: two thirds of 8932 in photographs of the web and of people with masks. Writes coco.json, and
copies the pictures that are in it; `--train-on labelled` then adds them to a training, which never
holds them out.
"""

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.errors import UsageError
from kaggle_fkd.imaging.picture import read_picture
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.photo.coco import write_coco
from kaggle_fkd.photo.face import DetectedFace
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.inputs import Record, process_inputs
from kaggle_fkd.system.console import run_reporting_errors, set_up
from kaggle_fkd.system.files import atomic_path

MIN_SIZE = 40
"""Smaller faces, in pixels, are left out: their chips would be enlarged more than twice."""
MIN_CONFIDENCE = 0.9
"""Detections below this confidence are left out: some of them are false positives."""
MAX_UNCERTAIN = 0.25
"""So are faces of which a greater share of the keypoints is uncertain: they are mostly covered."""


def label(path: Path, name: str, finders: Sequence[FaceKeypoints], folder: Path) -> Record:
    """The record of a picture with the faces that can be trained on, as `photo` writes it.

    If there are some, it is that of a copy of the picture with that name in the folder.
    """
    picture = read_picture(path)
    boxes = finders[0].detector(picture)
    by_network = [finder.detect(picture, boxes) for finder in finders]
    faces = [_mean(same) for same in zip(*by_network, strict=True)]
    kept = [face.as_dict() for face in faces if _can_be_trained_on(face)]
    copy = folder / f"{name}{path.suffix}"
    if kept:
        with atomic_path(copy) as temporary:
            shutil.copyfile(path, temporary)
    height, width = picture.shape[:2]
    return {"input": str(copy), "width": width, "height": height, "faces": kept}


def _mean(faces: Sequence[DetectedFace]) -> DetectedFace:
    """One face, as several networks give it."""
    keypoints, errors = (
        np.mean([getattr(face, name) for face in faces], axis=0) for name in ("keypoints", "errors")
    )
    return replace(faces[0], keypoints=keypoints, errors=errors)


def _can_be_trained_on(face: DetectedFace) -> bool:
    return (
        face.size >= MIN_SIZE
        and face.confidence >= MIN_CONFIDENCE
        and float(face.uncertain.mean()) < MAX_UNCERTAIN
    )


def main() -> None:
    """Label the pictures of a folder, and copy those with faces beside the labels."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pictures", help="a folder of pictures, or a pattern")
    parser.add_argument("--runs", type=Path, nargs="*", default=[])
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    set_up(quiet=False)
    finders = [FaceKeypoints(run=run, mirror=True) for run in (None, *options.runs)]
    for run, finder in zip(options.runs, finders[1:], strict=True):
        if finder.scheme != IBUG68:
            raise UsageError(
                f"{run}: its keypoints are those of {finder.scheme.name}", "give runs of iBUG's 68"
            )
    work = partial(label, finders=finders, folder=options.out)
    records, failure = process_inputs([options.pictures], options.out, work)
    write_coco(options.out, [record for record in records if record.get("faces")], IBUG68)
    if failure:
        raise failure


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))
