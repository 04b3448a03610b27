"""NME of held-out faces that are made harder: small ones, dark ones, covered ones.

    python benchmarks/hard_faces.py --runs runs/RUN [RUN...] \\
        --train-on data/youtube68 data/w300_train --out results/photo/hard_faces.csv

As `benchmarks/photographs.py` scores faces as they are, in the boxes of their true keypoints, the
package's network and those of the runs are scored on copies of the faces that the runs hold out.
Prints the table, which --out gets: the NME of photographs and of frames; and of the keypoints that
are covered, or else of all, the mean error, the mean expected one, both as shares of the distance
between the outer eye corners, and the share within twice the expected one.
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
from kaggle_fkd.metrics import WITHIN, errors_over_expected, nme
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


def board(keypoints: NDArray[np.float64], side: str) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 of a board in front of half of the face, the latter two exclusive."""
    left, top = keypoints.min(axis=0).round().astype(int).clip(0).tolist()
    right, bottom = (keypoints.max(axis=0).round().astype(int) + 1).tolist()
    x, y = keypoints.mean(axis=0).round().astype(int).tolist()
    return {
        "left": (left, top, x, bottom),
        "right": (x, top, right, bottom),
        "lower": (left, y, right, bottom),
    }[side]


def with_board(picture: NDArray[np.uint8], keypoints: NDArray[np.float64], side: str) -> Changed:
    """The picture with a board in front of half of the face."""
    x0, y0, x1, y1 = board(keypoints, side)
    behind = picture.copy()
    behind[y0:y1, x0:x1] = BOARD
    return behind, keypoints


def behind_board(keypoints: NDArray[np.float64], side: str) -> NDArray[np.bool_]:
    """68, whether the board hides each keypoint."""
    x0, y0, x1, y1 = board(keypoints, side)
    return np.asarray(((keypoints >= (x0, y0)) & (keypoints < (x1, y1))).all(axis=1))


COVERED = {f"{side} half covered": side for side in ("left", "right", "lower")}
"""The side at which each of these changes covers half of the face."""
CHANGES: Mapping[str, Callable[[NDArray[np.uint8], NDArray[np.float64]], Changed]] = {
    "as they are": lambda picture, keypoints: (picture, keypoints),
    "30 px": partial(reduced, size=30),
    "20 px": partial(reduced, size=20),
    "dark": darkened,
    **{name: partial(with_board, side=side) for name, side in COVERED.items()},
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
            scored = np.ones(truth.shape[:2], bool)
            if side := COVERED.get(change):
                scored = np.stack([behind_board(keypoints, side) for keypoints in truth])
            for name in networks:
                predicted = predict_in_boxes(finders[name], hard, f"{name}, {change}")
                errors = nme(predicted[..., :2], truth, IBUG68)
                means = {each: errors[convention == each].mean() for each in conventions}
                ratio = errors_over_expected(predicted, truth)
                error, within = errors[scored].mean(), (ratio[scored] <= WITHIN).mean()
                expected = (errors / ratio)[scored].mean()  # as shares of the same distance
                rows.append(
                    {"faces": change, "network": name, **means, "error": error,
                     "expected": expected, "within": within}
                )  # fmt: skip
    table = pd.DataFrame(rows)
    write_text(options.out, table.to_csv(index=False, float_format="%.5f"))
    print(table.to_string(index=False, float_format="%.4f"))


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))
