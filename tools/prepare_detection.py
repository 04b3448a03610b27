"""The data of the package's face detector, from the folders that they are made of.

    python tools/prepare_detection.py published/detect published/youtube68 --out .

`detect` has zips of photographs, boxes.csv with their faces and with what is ignored, and
machine_boxes.csv: those of the ignored boxes that another detector found, with its scores. The most
certain of them become faces. `youtube68` has video frames in Udacity's layout; of neighbouring
ones, which are much alike, every fourth is taken. Writes ./detect and ./youtube68.
"""

import argparse
import shutil
import sys
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.system.console import run_reporting_errors, set_up
from kaggle_fkd.system.files import write_table, write_text

FRAMES, FRAMES_TABLE = "training", "training_frames_keypoints.csv"
"""The folder of the frames, and their keypoints."""
MIN_SCORE = 0.8
"""Detections with this score or more are faces almost without exception."""
EVERY = 4
"""Of the frames in the order of their names, one in so many is taken."""


def prepare_boxes(source: Path, out: Path) -> None:
    """Copy the photographs, and write their boxes, the most certain detections among the faces."""
    boxes, found = (pd.read_csv(source / name) for name in ("boxes.csv", "machine_boxes.csv"))
    place = ["image", "x0", "y0", "x1", "y1"]
    score = boxes.merge(found, on=place, how="left")["score"]
    boxes.loc[(boxes["ignore"] == 1) & (score >= MIN_SCORE), "ignore"] = 0
    out.mkdir(parents=True)
    for file in source.glob("*.zip"):
        shutil.copy(file, out)
    write_table(out / "boxes.csv", boxes)


def prepare_frames(source: Path, out: Path) -> None:
    """Copy every fourth frame with its line."""
    header, *lines = (source / FRAMES_TABLE).read_text().splitlines()
    kept = sorted(lines, key=lambda line: line.partition(",")[0])[::EVERY]
    (out / FRAMES).mkdir(parents=True)
    for line in kept:
        name = line.partition(",")[0]
        shutil.copy(source / FRAMES / name, out / FRAMES / name)
    write_text(out / FRAMES_TABLE, "\n".join([header, *kept]) + "\n")


def main() -> None:
    """Write both folders."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("detect", type=Path)
    parser.add_argument("youtube68", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    set_up(quiet=False)
    prepare_boxes(options.detect, options.out / "detect")
    prepare_frames(options.youtube68, options.out / "youtube68")


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))
