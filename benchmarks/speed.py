"""Times of the package's networks, of the start, and, if a run is given, of torch beside them.

    python benchmarks/speed.py --out results/speed [--run RUN]

Everything is computed on one core, one picture after the other: the keypoints of one face, and of
32, in their boxes; complete pictures, with one face, with six, and with none; the start of `photo`
in a new process, and its memory. The pictures are made of the astronaut's. RUN is the run of the
network for keypoints: torch then predicts the same chips with it, in the same process, in turns.
Each figure is the median of `REPEATS`, or of `STARTS` for the start. Writes speed.csv.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.imaging.picture import grey_of, read_picture
from kaggle_fkd.photo.detection.faces import CENTRE, SIZE, face_of_points, upright_maps
from kaggle_fkd.photo.detectors import boxes_of_faces, faces_in_boxes
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.runs.run import Run, open_run
from kaggle_fkd.system.console import run_reporting_errors, set_up
from kaggle_fkd.system.files import write_text

REPEATS, STARTS = 50, 7
"""How often each piece of work is repeated, and how often the program is started."""
MANY = 32
ROOT = Path(__file__).resolve().parents[1]
PROGRAM = """
import sys
from pathlib import Path
from kaggle_fkd.cli import main
main(["photo", "astronaut", "--output", sys.argv[1]])
lines = Path("/proc/self/status").read_text().splitlines()
print(next(line for line in lines if line.startswith("VmHWM")))
"""
"""What is started; it prints the peak of its memory in kB, as Linux reports it. (What a parent is
told of the memory of its child contains the parent's own.)"""


def milliseconds(*works: Callable[[], object]) -> list[float]:
    """The median time of each, all of them in turns."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(REPEATS):
        for work, taken in zip(works, times, strict=True):
            start = time.perf_counter()
            work()
            taken.append(1000 * (time.perf_counter() - start))
    return [float(np.median(taken)) for taken in times]


def pictures() -> dict[str, NDArray[np.uint8]]:
    """The pictures, H x W x 3, by what they are."""
    astronaut = read_picture("astronaut")
    small = cv2.resize(astronaut, (400, 400), interpolation=cv2.INTER_AREA)
    group = np.tile(cv2.resize(astronaut, (480, 480)), (2, 3, 1))[:, :1280]
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3))
    return {
        "400 x 400, one face": small.astype(np.uint8),
        "1280 x 960, six faces": np.ascontiguousarray(group, np.uint8),
        "400 x 300, noise": noise.astype(np.uint8),
    }


def torch_path(run: Run, finder: FaceKeypoints, count: int) -> Callable[[], object]:
    """Cuts chips from the picture, and predicts them with torch."""
    picture = read_picture("astronaut")
    network = run.member(0).load_network(torch.device("cpu"))
    heads = torch.zeros(count, dtype=torch.int64)
    grey, networks = grey_of(picture), finder.networks
    faces = np.repeat(faces_in_boxes(boxes_of_faces(finder.detect(picture))), count, axis=0)
    mean = face_of_points(networks.mean_shape)
    maps = upright_maps(faces, mean[CENTRE], float(mean[SIZE]))

    def predict() -> object:
        with torch.inference_mode():
            return network.predict(torch.from_numpy(networks.cut([grey] * count, maps)), heads)

    return predict


def start() -> tuple[float, float]:
    """Seconds and MB of `kaggle-fkd photo astronaut` in a new process: the median."""
    seconds, memory = [], []
    with TemporaryDirectory() as folder:
        for _ in range(STARTS):
            began = time.perf_counter()
            command = [sys.executable, "-c", PROGRAM, folder]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
            seconds.append(time.perf_counter() - began)
            memory.append(int(done.stdout.split()[-2]) / 1e3)
    return float(np.median(seconds)), float(np.median(memory))


def main() -> None:
    """Measure, write and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    set_up(quiet=False)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    finder, astronaut = FaceKeypoints(), read_picture("astronaut")
    (face,) = finder.detect(astronaut)
    rows: list[tuple[str, str, float]] = []
    for count in (1, MANY):
        boxes = np.repeat(face.box[None], count, axis=0)
        works: list[Callable[[], object]] = [partial(finder.detect, astronaut, boxes)]
        if options.run:
            works.append(torch_path(open_run(options.run), finder, count))
        names = ("package, box to face", "torch, chips to keypoints")
        for name, each in zip(names, milliseconds(*works), strict=False):
            rows.append((f"keypoints of {count} in boxes, each", name, each / count))
    for title, picture in pictures().items():
        (each,) = milliseconds(partial(finder.detect, picture))
        rows.append((title, "package, all", each))
    seconds, memory = start()
    rows += [("start to picture, ms", "package", 1000 * seconds), ("memory, MB", "package", memory)]
    table = pd.DataFrame(rows, columns=["work", "by", "value"])
    write_text(options.out / "speed.csv", table.to_csv(index=False, float_format="%.2f"))
    print(table.to_string(index=False, float_format="%.2f"))


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))
