"""NME of held-out faces that are made harder: small ones, dark ones, covered ones.

    python benchmarks/hard_faces.py --runs runs/RUN [RUN...] \\
        --train-on data/youtube68 data/w300_train --out results/photo/hard_faces.csv

As `benchmarks/photographs.py` scores faces as they are, in the boxes of their true keypoints, the
package's network and those of the runs are scored on copies of the faces that the runs hold out.
Prints the table, which --out gets: the NME in per cent of the distance of the outer eye corners, of
photographs and of frames.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.detection import in_the_dark, resized
from benchmarks.held_out import held_out_pictures
from kaggle_fkd.annotated.load import find_pictures
from kaggle_fkd.annotated.picture import AnnotatedPicture
from kaggle_fkd.annotated.test_sets import predict_in_boxes
from kaggle_fkd.imaging.similarity import scaling, transform_points
from kaggle_fkd.keypoints import IBUG68
from kaggle_fkd.keypoints.pts import write_pts_file
from kaggle_fkd.keypoints.uncertainty import size_of_face
from kaggle_fkd.metrics import nme
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.system.console import run_reporting_errors, set_up
from kaggle_fkd.system.files import write_text

BOARD = 120
"""The grey of what covers a face."""
Changed = tuple[NDArray[np.uint8], NDArray[np.float64]]
"""A picture, H x W x 3, and its keypoints, 68 x 2."""


def reduced(picture: NDArray[np.uint8], keypoints: NDArray[np.float64], size: float) -> Changed:
    """The picture reduced or enlarged so that the face has that size."""
    scale = size / size_of_face(keypoints)
    return resized(picture, scale), transform_points(scaling(scale), keypoints)


def darkened(picture: NDArray[np.uint8], keypoints: NDArray[np.float64]) -> Changed:
    """The picture with little light and the camera's noise."""
    return in_the_dark(picture, np.random.default_rng(0)), keypoints


def covered(picture: NDArray[np.uint8], keypoints: NDArray[np.float64], side: str) -> Changed:
    """The picture with a board in front of half of the face."""
    low, high = (getattr(keypoints, end)(axis=0).round().astype(int) for end in ("min", "max"))
    left, top = low.clip(0)
    (right, bottom), (x, y) = high + 1, keypoints.mean(axis=0).round().astype(int)
    rows, columns = {
        "left": (slice(top, bottom), slice(left, x)),
        "right": (slice(top, bottom), slice(x, right)),
        "lower": (slice(y, bottom), slice(left, right)),
    }[side]
    behind = picture.copy()
    behind[rows, columns] = BOARD
    return behind, keypoints


CHANGES: Mapping[str, Callable[[NDArray[np.uint8], NDArray[np.float64]], Changed]] = {
    "as they are": lambda picture, keypoints: (picture, keypoints),
    "30 px": partial(reduced, size=30),
    "20 px": partial(reduced, size=20),
    "dark": darkened,
    **{f"{side} half covered": partial(covered, side=side) for side in ("left", "right", "lower")},
}
"""What is done to the faces."""


def changed(
    pictures: Sequence[AnnotatedPicture], name: str, folder: Path
) -> Iterator[AnnotatedPicture]:
    """The pictures after the change of that name, as files of the folder."""
    for index, picture in enumerate(pictures):
        hard, keypoints = CHANGES[name](picture.load(), picture.keypoints)
        Image.fromarray(hard).save(folder / f"{index:05}.png")
        write_pts_file(folder / f"{index:05}.pts", keypoints)
    for picture, file in zip(pictures, find_pictures(folder, IBUG68), strict=True):
        yield replace(file, convention=picture.convention)


def main() -> None:
    """Score every network on every change."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=Path, nargs="+", required=True)
    parser.add_argument("--train-on", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, default=Path("results/photo/hard_faces.csv"))
    options = parser.parse_args()
    set_up(quiet=False)
    seen = held_out_pictures(options.runs, options.train_on)
    convention = np.array([picture.convention for picture in seen])
    conventions = [each.name for each in IBUG68.conventions if each.name in convention]
    networks = {"pretrained": None, **{path.name: path for path in options.runs}}
    finders = {
        name: {each: [FaceKeypoints(run=path, convention=each)] for each in conventions}
        for name, path in networks.items()
    }
    rows = []
    for change in CHANGES:
        with TemporaryDirectory() as folder:
            hard = list(changed(seen, change, Path(folder)))
            truth = np.stack([picture.keypoints for picture in hard])
            for name in networks:
                predicted = predict_in_boxes(finders[name], hard, f"{name}, {change}")
                errors = nme(predicted[..., :2], truth, IBUG68).mean(axis=1)
                means = {each: errors[convention == each].mean() for each in conventions}
                rows.append({"faces": change, "network": name, **means})
    table = pd.DataFrame(rows)
    write_text(options.out, table.to_csv(index=False, float_format="%.5f"))
    print(table.to_string(index=False, float_format="%.4f"))


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))
