"""Draws the pictures of the README and of docs/: `python tools/make_pictures.py`.

They show sample faces, the generic head, and scikit-image's astronaut (NASA, public domain).
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.competition.sample.photograph import sample_faces
from kaggle_fkd.figures.gallery import gallery
from kaggle_fkd.figures.style import save_figure
from kaggle_fkd.imaging.picture import read_picture
from kaggle_fkd.inspection.keypoint_map import index_figure
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.overlay.builtin import filter_names
from kaggle_fkd.photo.overlay.drawing import draw_faces
from kaggle_fkd.photo.overlay.filter import get_filter
from kaggle_fkd.photo.overlay.wear import apply_filter

DOCS = Path(__file__).resolve().parents[1] / "docs"
HEAD = slice(0, 240), slice(100, 340)
"""Rows and columns of the astronaut's head, with space for a hat above it."""


def main() -> None:
    """Draw all pictures."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    faces = sample_faces(16, seed=0)
    save_figure(gallery(faces, [""] * len(faces), "", columns=8), DOCS / "sample_faces.png")
    save_figure(index_figure(), DOCS / "points68.png")
    draw_astronaut(DOCS / "astronaut.png")


def draw_astronaut(path: Path) -> None:
    """A row of the astronaut's head: with its keypoints, then with each filter."""
    picture = read_picture("astronaut")
    found = FaceKeypoints().detect(picture)
    shown = [draw_faces(picture, found, boxes=False)]
    shown += [apply_filter(picture, found, get_filter(name)) for name in filter_names()]
    row = Image.fromarray(np.hstack([each[HEAD] for each in shown]))
    row.save(path, optimize=True)


if __name__ == "__main__":
    main()
