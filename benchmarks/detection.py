"""Faces found, false positives and time of face detectors.

    python benchmarks/detection.py RUN --train-on FOLDER [FOLDER ...] --out results/detection

RUN is the run of a face detector that was trained on these folders. The package's detector, or that
of `--network`, which must have been exported from the run's first member, is measured on the
photographs that this member held out, followed by the network for keypoints, as in `FaceKeypoints`.
For comparison there are plain Haar (`detectMultiScale(grey, 1.1, 5)`), where OpenCV has it, and
YuNet, if `--yunet` names its file. All detectors see grey pictures, one after the other, on one
core: as they are; those with 68 points also rotated by 30 degrees, 60, and so on, darkened, and
reduced; and many in one picture. A face is found when its square and that of a detection have an
IoU above 0.35; a detection that has found none is a box on nothing labelled: a false positive, or,
where not all faces are labelled, perhaps a face. scikit-image's pictures without a face come last.
Faces that are marked as ignored count neither way. Writes detection.csv, and prints it as Markdown.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import skimage
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.held_out import held_out_photographs
from kaggle_fkd.annotated.detection.dataset import PhotographDataset
from kaggle_fkd.annotated.detection.evaluation import match, scored_faces
from kaggle_fkd.annotated.detection.load import faces_of_boxes, load_photographs
from kaggle_fkd.imaging.picture import grey_of, read_picture
from kaggle_fkd.imaging.similarity import scaling
from kaggle_fkd.inference.pretrained import DETECTOR
from kaggle_fkd.photo.detection.detect import Detections
from kaggle_fkd.photo.detection.faces import CENTRE, SIZE, transform_faces
from kaggle_fkd.photo.detectors import boxes_of_faces, faces_in_boxes
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.runs.run import open_run
from kaggle_fkd.system.console import progress, run_reporting_errors, set_up
from kaggle_fkd.system.files import write_text

ROLLS = range(30, 360, 30)
"""Degrees, clockwise."""
LIGHT, NOISE = 0.15, 2.0
"""Factor on the light in the dark pictures, and their noise's deviation in grey levels."""
SMALL = (12.0, 18.0, 30.0)
"""Sizes in pixels of the faces in the reduced pictures."""
CROWDS = {"crowds": (4, 4, 120), "12 in 1280 x 960": (4, 3, 320), "48 in 1280 x 960": (8, 6, 160)}
"""Columns and rows of pictures in one, and the length of each one's longer side in pixels."""
FACELESS = (
    "brick", "chelsea", "clock_motion", "coffee", "coins", "color", "grass", "gravel",
    "hubble_deep_field", "ihc", "moon", "motorcycle_left", "page", "retina", "rocket", "text",
)  # fmt: skip
"""Photographs and scans inside the scikit-image wheel that show nobody."""
Search = Callable[[NDArray[np.uint8]], Detections]
"""From an H x W x 3 picture to its faces."""


@dataclass(frozen=True)
class Set:
    """Photographs under one name."""

    name: str
    photographs: PhotographDataset


def moved(
    photographs: PhotographDataset, index: int, matrix: NDArray[np.floating], shape: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A photograph under a similarity, height x width, and its faces there."""
    height, width = shape
    picture = cv2.warpAffine(
        photographs.pictures[index], matrix, (width, height), flags=cv2.INTER_AREA,
        borderMode=cv2.BORDER_REFLECT,
    )  # fmt: skip
    faces = photographs.faces[photographs.faces_of[index]]
    return picture.astype(np.uint8), transform_faces(matrix, faces)


def with_pictures(
    photographs: PhotographDataset,
    changed: Sequence[tuple[NDArray[np.uint8], NDArray[np.float32]]],
) -> PhotographDataset:
    """The photographs with other pictures and faces, as many as before."""
    pictures, faces = zip(*changed, strict=True)
    return replace(photographs, pictures=list(pictures), faces=np.concatenate(faces))


def rotated(photographs: PhotographDataset, degrees: float) -> PhotographDataset:
    """The photographs rotated about their first face, in squares that hold them."""
    changed = []
    for index, picture in enumerate(photographs.pictures):
        x, y = photographs.faces[photographs.faces_of[index][0], CENTRE].tolist()
        side = int(np.hypot(*picture.shape))
        matrix = cv2.getRotationMatrix2D((x, y), -degrees, 1.0)
        shift = np.array([[0, 0, side / 2 - x], [0, 0, side / 2 - y]])
        changed.append(moved(photographs, index, np.asarray(matrix + shift), (side, side)))
    return with_pictures(photographs, changed)


def resized(picture: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """The picture, grey or RGB, with `scale` times its height and width."""
    height, width = (max(1, round(scale * length)) for length in picture.shape[:2])
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)


def in_the_dark(picture: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """The picture with little light and the camera's noise."""
    dark = picture * LIGHT + random.normal(0, NOISE, picture.shape)
    return dark.round().clip(0, 255).astype(np.uint8)


def reduced(photographs: PhotographDataset, size: float) -> PhotographDataset:
    """The photographs, reduced so that their first faces have that size."""
    changed = []
    for index, picture in enumerate(photographs.pictures):
        rows = photographs.faces_of[index]
        scale = size / float(photographs.faces[rows[0], SIZE])
        faces = transform_faces(scaling(scale), photographs.faces[rows])
        changed.append((resized(picture, scale), faces))
    return with_pictures(photographs, changed)


def darkened(photographs: PhotographDataset) -> PhotographDataset:
    """The photographs with little light and the camera's noise."""
    random = np.random.default_rng(0)
    return replace(
        photographs, pictures=[in_the_dark(picture, random) for picture in photographs.pictures]
    )


def crowds(photographs: PhotographDataset, columns: int, rows: int, cell: int) -> PhotographDataset:
    """Small copies of the photographs, `columns` x `rows` of them in one picture."""
    number = columns * rows
    pictures: list[NDArray[np.uint8]] = []
    faces: list[NDArray[np.float32]] = []
    owner: list[int] = []
    for start in range(0, len(photographs) - number + 1, number):
        canvas = np.zeros((rows * cell, columns * cell), np.uint8)
        for place in range(number):
            picture = photographs.pictures[start + place]
            scale = cell / max(picture.shape)
            height, width = (max(1, int(scale * length)) for length in picture.shape)
            y, x = np.array(divmod(place, columns)) * cell
            canvas[y : y + height, x : x + width] = cv2.resize(
                picture, (width, height), interpolation=cv2.INTER_AREA
            )
            matrix = scaling(scale) + np.array([[0, 0, x], [0, 0, y]])
            faces.append(
                transform_faces(matrix, photographs.faces[photographs.faces_of[start + place]])
            )
            owner += [len(pictures)] * len(faces[-1])
        pictures.append(canvas)
    count, total = len(pictures), len(owner)
    # Not complete: a photograph may show others than its labelled face.
    return PhotographDataset(
        pictures, np.zeros(count, bool), np.arange(count), np.concatenate(faces), np.array(owner),
        np.zeros(total, bool), np.ones(total, bool),
    )  # fmt: skip


def faceless() -> PhotographDataset:
    """scikit-image's pictures that show nobody."""
    folder = Path(skimage.__file__).parent / "data"
    files = [next(folder.glob(f"{name}.[jp]*g")) for name in FACELESS]
    count, nothing = len(files), np.zeros(0, bool)
    return PhotographDataset(
        [grey_of(read_picture(file)) for file in files], np.ones(count, bool), np.arange(count),
        np.zeros((0, 7), np.float32), np.zeros(0, np.int64), nothing, nothing,
    )  # fmt: skip


def all_sets(paths: Sequence[Path], held_out: NDArray[np.bool_]) -> Iterator[Set]:
    """The held-out photographs of every folder, as they are and changed; then those of nobody."""
    start = 0
    for path in paths:
        every = load_photographs([path])
        photographs = every[held_out[start : start + len(every)]]
        start += len(every)
        with_face = np.bincount(photographs.picture, minlength=len(photographs)) > 0
        if with_face.any():
            yield Set(path.name, photographs[with_face])
        if not with_face.all():
            yield Set(f"{path.name}, without faces", photographs[~with_face])
        if photographs.complete.any() or not len(photographs):
            continue
        for degrees in ROLLS:
            yield Set(f"{path.name}, rotated by {degrees}", rotated(photographs, degrees))
        first = photographs.faces[[rows[0] for rows in photographs.faces_of], SIZE]
        for size in SMALL:
            if (first > size).any():
                smaller = reduced(photographs[first > size], size)
                yield Set(f"{path.name}, faces of {size:.0f} px", smaller)
        yield Set(f"{path.name}, dark", darkened(photographs))
        for name, (columns, rows, cell) in CROWDS.items():
            if len(photographs) >= columns * rows:
                yield Set(f"{path.name}, {name}", crowds(photographs, columns, rows, cell))
    yield Set("scikit-image, nobody", faceless())


def plain_haar() -> Search:
    """The usual baseline."""
    cascade = cv2.CascadeClassifier(
        str(Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml")
    )

    def search(picture: NDArray[np.uint8]) -> Detections:
        found = np.array(cascade.detectMultiScale(grey_of(picture), 1.1, 5), float).reshape(-1, 4)
        # Its squares reach from the brows to the chin, and beyond the cheeks.
        corners = found[:, :2] + found[:, 2:] * (0.14, 0.24)
        sides = found[:, 2:3] * 0.8
        faces = np.hstack([corners + sides / 2, sides, np.zeros((len(found), 4))])
        return Detections(np.ones(len(found), np.float32), faces.astype(np.float32))

    return search


def yunet(file: Path) -> Search:
    """YuNet, with a least score of 0.6."""
    network = cv2.FaceDetectorYN.create(str(file), "", (320, 320), 0.6, 0.3, 5000)

    def search(picture: NDArray[np.uint8]) -> Detections:
        network.setInputSize(picture.shape[1::-1])
        found = network.detect(picture[:, :, ::-1])[1]
        if found is None:
            return Detections.none()
        found = found[np.argsort(-found[:, -1])]
        boxes = np.hstack([found[:, :2], found[:, :2] + found[:, 2:4]])
        return Detections(found[:, -1].astype(np.float32), faces_of_boxes(boxes))

    return search


def ours(finder: FaceKeypoints) -> Search:
    """All that `FaceKeypoints` does."""

    def search(picture: NDArray[np.uint8]) -> Detections:
        found = finder.detect(picture)
        if not found:
            return Detections.none()
        faces = faces_in_boxes(boxes_of_faces(found)).astype(np.float32)
        return Detections(np.array([face.confidence for face in found], np.float32), faces)

    return search


def measure(each: Set, searches: dict[str, Search]) -> list[dict[str, str | float]]:
    """A row of the table for each detector; all process a picture before the next."""
    found: dict[str, list[Detections]] = {key: [] for key in searches}
    seconds: dict[str, list[float]] = {key: [] for key in searches}
    for grey in progress(each.photographs.pictures, each.name):
        picture = np.stack([grey] * 3, axis=2)
        for key, search in searches.items():
            start = time.process_time()
            found[key].append(search(picture))
            seconds[key].append(time.process_time() - start)
    rows: list[dict[str, str | float]] = []
    wanted = scored_faces(each.photographs)
    complete = replace(each.photographs, complete=np.ones(len(each.photographs), bool))
    for key in searches:
        matches = match(complete, found[key])
        found_wanted = matches.scores[wanted] > 0
        rows.append({
            "pictures": each.name,
            "number": len(each.photographs),
            "faces": int(wanted.sum()),
            "detector": key,
            "found_percent": 100 * float(np.mean(found_wanted)) if len(found_wanted) else np.nan,
            "on_nothing_labelled": len(matches.false_positives),
            "ms_per_picture": 1000 * float(np.mean(seconds[key])),
        })  # fmt: skip
    return rows


def markdown(table: pd.DataFrame) -> str:
    """The table, its numbers with one decimal."""
    rows = [list(table.columns), ["---"] * len(table.columns)]
    for record in table.to_dict("records"):
        rows.append([f"{v:.1f}" if isinstance(v, float) else str(v) for v in record.values()])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Measure each set and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--train-on", type=Path, nargs="+", required=True)
    parser.add_argument("--network", type=Path, default=DETECTOR, help="exported from the run")
    parser.add_argument("--yunet", type=Path, help="face_detection_yunet_2023mar.onnx")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    set_up(quiet=False)
    cv2.setNumThreads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    run = open_run(options.run).require_members()
    held_out = held_out_photographs(run, load_photographs(options.train_on))
    searches = {"ours": ours(FaceKeypoints(run=options.network))}
    if hasattr(cv2, "CascadeClassifier"):
        searches["plain Haar"] = plain_haar()
    if options.yunet:
        searches["YuNet"] = yunet(options.yunet)
    table = pd.DataFrame()
    for each in all_sets(options.train_on, held_out):
        table = pd.concat([table, pd.DataFrame(measure(each, searches))])
        # After every set, so that a stopped run has not measured for nothing.
        csv = table.to_csv(index=False, lineterminator="\n", float_format="%.4g")
        write_text(options.out / "detection.csv", csv)
    print(markdown(table))


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))
