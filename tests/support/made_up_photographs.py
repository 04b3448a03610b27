"""Photographs with drawn faces, for tests of the detector."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kaggle_fkd.annotated.detection.dataset import PhotographDataset
from kaggle_fkd.competition.sample.photograph import sample_faces
from kaggle_fkd.keypoints import KAGGLE15

SIDE = 160


def drawn_photographs(count: int, faces: int = 1, seed: int = 0) -> PhotographDataset:
    """`count` photographs of 160 x 160 pixels with that many drawn faces side by side, and as many
    of noise without any."""
    rng = np.random.default_rng(seed)
    drawn = sample_faces(count * faces, seed)
    eyes = [KAGGLE15.index(f"{side}_eye_center") for side in ("right", "left")]
    pictures: list[NDArray[np.uint8]] = []
    rows = np.zeros((count * faces, 7), np.float32)
    for number in range(count):
        picture = rng.integers(80, 176, (SIDE, SIDE)).astype(np.uint8)
        for place in range(faces):
            index = number * faces + place
            scale = rng.uniform(0.5, 0.7)
            side = round(96 * scale)
            x = round(SIDE / faces * (place + 0.5) - side / 2 + rng.uniform(-5, 5))
            y = round(rng.uniform(5, SIDE - side - 5))
            chip = cv2.resize(drawn.images[index], (side, side), interpolation=cv2.INTER_AREA)
            picture[y : y + side, x : x + side] = chip
            points = (drawn.keypoints[index] + 0.5) * side / 96 - 0.5 + (x, y)
            middle = np.array([x, y]) + (side - 1) / 2
            rows[index] = [*middle, 0.6 * side, *points[eyes].ravel()]
        pictures.append(picture)
    pictures += [rng.integers(0, 256, (SIDE, SIDE)).astype(np.uint8) for _ in range(count)]
    total = count * faces
    return PhotographDataset(
        pictures, np.ones(2 * count, bool), np.arange(2 * count), rows,
        np.repeat(np.arange(count), faces), np.zeros(total, bool), np.ones(total, bool),
    )  # fmt: skip


def write_photographs(folder: Path, photographs: PhotographDataset) -> Path:
    """The photographs as files with a boxes.csv, from forehead to chin."""
    folder.mkdir()
    lines = ["image,x0,y0,x1,y1,ignore"]
    for number, picture in enumerate(photographs.pictures):
        Image.fromarray(picture).save(folder / f"{number}.png")
        for row in np.flatnonzero(photographs.picture == number):
            x, y, size = photographs.faces[row, :3]
            box = (x - size / 2, y - 0.8 * size, x + size / 2, y + size / 2)
            lines.append(f"{number}.png,{','.join(f'{edge:.1f}' for edge in box)},0")
    (folder / "boxes.csv").write_text("\n".join(lines))
    return folder
