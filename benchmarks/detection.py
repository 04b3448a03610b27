"""Recall, false positives and time of face detectors.

    python benchmarks/detection.py helen/testset lfpw/testset afw --out results/detection

Each folder contains pictures with 68 points each, in the layouts that training takes. Plain Haar
(`detectMultiScale(grey, 1.1, 5)`, its squares as they are) and ours, `FaceKeypoints`, which
verifies detections with its networks, process each picture one after the other on one core: as it
is, tilted, darkened, and in crowds. A face is found when a box has an IoU above 0.35 with the tight
box of its points, expanded on each side by 10 % of its width and height. Every other box counts as
a false positive, even if it contains an unannotated face. scikit-image's pictures without a face
come last. Writes detection.csv, and prints it as Markdown.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import skimage
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.imaging.boxes import box_of_keypoints, box_overlap
from kaggle_fkd.imaging.picture import grey_of, read_picture
from kaggle_fkd.imaging.similarity import transform_points
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.photo.annotations.load import find_pictures
from kaggle_fkd.photo.detectors import Detector, load_cascade
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.system.console import progress, run_reporting_errors, set_up
from kaggle_fkd.system.files import write_text

FOUND_IOU = 0.35
TILT = 30.0
"""Degrees, alternately clockwise and anticlockwise."""
LIGHT, NOISE = 0.15, 2.0
"""Factor on the light in the dark pictures, and their noise's deviation in grey levels."""
CROWD, CELL = 16, 120
"""Pictures in a crowd, and the length of each one's longer side."""
FACELESS = (
    "brick", "chelsea", "clock_motion", "coffee", "coins", "color", "grass", "gravel",
    "hubble_deep_field", "ihc", "moon", "motorcycle_left", "page", "retina", "rocket", "text",
)  # fmt: skip
"""Photographs and scans inside the scikit-image wheel that show nobody."""


@dataclass(frozen=True)
class Scene:
    """A picture, and the K x 68 x 2 keypoints of its faces."""

    picture: NDArray[np.uint8]
    keypoints: NDArray[np.float64]

    @property
    def boxes(self) -> NDArray[np.float64]:
        """K x 4 boxes as the detectors' `Detector` defines them."""
        return box_of_keypoints(self.keypoints)


def read_scenes(folder: Path, limit: int | None) -> list[Scene]:
    """The folder's annotated pictures, each with its one face; `limit` takes every n-th."""
    pictures = find_pictures(folder, IBUG68)
    step = 1 if limit is None else max(1, len(pictures) // limit)
    return [Scene(each.load(), each.keypoints[None]) for each in pictures[::step][:limit]]


def tilted(scene: Scene, degrees: float) -> Scene:
    """The scene turned about the middle of its faces."""
    height, width = scene.picture.shape[:2]
    middle = scene.keypoints.mean(axis=(0, 1))
    turn = np.asarray(cv2.getRotationMatrix2D(middle.tolist(), degrees, 1.0), np.float64)
    picture = cv2.warpAffine(scene.picture, turn, (width, height), borderMode=cv2.BORDER_REFLECT)
    return Scene(picture.astype(np.uint8), transform_points(turn, scene.keypoints))


def darkened(scene: Scene, rng: np.random.Generator) -> Scene:
    """The scene with little light and the camera's noise."""
    picture = scene.picture * LIGHT + rng.normal(0, NOISE, scene.picture.shape)
    return Scene(picture.round().clip(0, 255).astype(np.uint8), scene.keypoints)


def crowd(scenes: list[Scene]) -> Scene:
    """Small copies of the scenes' pictures, side by side in a square."""
    columns = int(len(scenes) ** 0.5)
    rows = -(-len(scenes) // columns)
    picture = np.zeros((rows * CELL, columns * CELL, 3), np.uint8)
    keypoints = []
    for index, scene in enumerate(scenes):
        scale = CELL / max(scene.picture.shape)
        small = cv2.resize(scene.picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        y, x = np.array(divmod(index, columns)) * CELL
        picture[y : y + small.shape[0], x : x + small.shape[1]] = small
        keypoints.append((scene.keypoints + 0.5) * scale - 0.5 + (x, y))
    return Scene(picture, np.concatenate(keypoints))


def sets_of(name: str, scenes: list[Scene]) -> Iterator[tuple[str, list[Scene]]]:
    """The scenes as they are, tilted, darkened, and in crowds."""
    rng = np.random.default_rng(0)
    yield name, scenes
    yield f"{name}, tilted", [tilted(s, TILT * (-1) ** i) for i, s in enumerate(scenes)]
    yield f"{name}, dark", [darkened(scene, rng) for scene in scenes]
    groups = [scenes[start : start + CROWD] for start in range(0, len(scenes), CROWD)]
    yield f"{name}, crowds", [crowd(group) for group in groups]


def all_sets(folders: list[Path], limit: int | None) -> Iterator[tuple[str, list[Scene]]]:
    """The sets of every folder, and the pictures without a face."""
    for folder in folders:
        yield from sets_of(str(folder), read_scenes(folder, limit))
    yield "nobody", faceless()


def faceless() -> list[Scene]:
    """scikit-image's pictures that show nobody."""
    folder = Path(skimage.__file__).parent / "data"
    files = [next(folder.glob(f"{name}.[jp]*g")) for name in FACELESS]
    return [Scene(read_picture(file), np.empty((0, 68, 2))) for file in files]


def plain_haar() -> Detector:
    """The usual baseline; its squares are used as the faces' boxes."""
    cascade = load_cascade("default")

    def detect(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
        squares = np.array(cascade.detectMultiScale(grey_of(picture), 1.1, 5), float).reshape(-1, 4)
        return np.hstack([squares[:, :2], squares[:, :2] + squares[:, 2:]])

    return detect


def measure(name: str, scenes: list[Scene]) -> list[dict[str, str | float]]:
    """A row of the table for each detector; both process a scene before the next."""
    finder = FaceKeypoints()

    def ours(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
        return np.array([face.box for face in finder.detect(picture)]).reshape(-1, 4)

    detectors: dict[str, Detector] = {"plain Haar": plain_haar(), "ours": ours}
    for detect in detectors.values():
        detect(scenes[0].picture)  # warm-up
    found: dict[str, list[bool]] = {key: [] for key in detectors}
    false: dict[str, list[int]] = {key: [] for key in detectors}
    seconds: dict[str, list[float]] = {key: [] for key in detectors}
    for scene in progress(scenes, name):
        for key, detect in detectors.items():
            start = time.process_time()
            boxes = detect(scene.picture)
            seconds[key].append(time.process_time() - start)
            overlaps = box_overlap(boxes, scene.boxes) > FOUND_IOU
            found[key] += [bool(face.any()) for face in overlaps.T]
            false[key].append(int((~overlaps.any(axis=1)).sum()))
    return [
        {
            "pictures": name,
            "faces": len(found[key]),
            "detector": key,
            "recall_percent": 100 * float(np.mean(found[key])) if found[key] else float("nan"),
            "false_per_picture": float(np.mean(false[key])),
            "ms_per_picture": 1000 * float(np.mean(seconds[key])),
        }
        for key in detectors
    ]


def markdown(table: pd.DataFrame) -> str:
    """The table with one decimal for percents and milliseconds, three for false positives."""
    digits = {"recall_percent": 1, "false_per_picture": 3, "ms_per_picture": 1}
    rows = [list(table.columns), ["---"] * len(table.columns)]
    for record in table.to_dict("records"):
        rows.append(
            [f"{v:.{digits[str(k)]}f}" if k in digits else str(v) for k, v in record.items()]
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Measure each folder and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="maximum number of pictures of each folder")
    options = parser.parse_args()
    set_up(quiet=False)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    table = pd.DataFrame()
    for name, scenes in all_sets(options.folders, options.limit):
        table = pd.concat([table, pd.DataFrame(measure(name, scenes))])
        # After every set, so that a stopped run has not measured for nothing.
        csv = table.to_csv(index=False, lineterminator="\n")
        write_text(options.out / "detection.csv", csv)
    print(markdown(table))


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))
