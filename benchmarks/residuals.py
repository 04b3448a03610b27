"""Systematic offset of the labels: the mean residual of a face, by the sharpness of its picture.

    python benchmarks/residuals.py runs/evaluation-RUN/oof.csv [...] --data-dir data [--out x.csv]

A residual is label minus out-of-fold prediction, in pixels. It contains what a network cannot
learn. If labels are off to one side, the mean is not 0 where mirrored faces are trained with
mirrored labels, and it changes with sharpness if the offset is constant in pixels of the unscaled
picture. Faces with a label more than 12 pixels from its prediction are excluded.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.competition.load import load_competition
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.evaluation.oof_file import read_predictions
from kaggle_fkd.metrics import is_outlier
from kaggle_fkd.system.console import run_reporting_errors, set_up
from kaggle_fkd.system.files import write_text

FIFTHS = ("most blurred", "blurred", "middle", "sharp", "sharpest")


def main() -> None:
    """Print, and write, the table of every evaluation."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("predictions", type=Path, nargs="+", metavar="OOF_CSV")
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    set_up(quiet=False)
    faces = load_competition(options.data_dir).train
    tables = {
        path.parent.name: residuals(read_predictions(path, faces)[..., :2], faces)
        for path in options.predictions
    }
    table = pd.concat(tables, names=["evaluation", "number"]).droplevel("number")
    print(table.to_string(float_format="%.3f"))
    if options.out:
        write_text(options.out, table.to_csv(float_format="%.4f"))


def residuals(predicted: NDArray[np.floating], faces: FaceDataset) -> pd.DataFrame:
    """One row per label convention and fifth of its faces, by sharpness, and one for all of them.

    `mean_*` and `spread_*` are the mean and standard deviation of the faces' mean residuals;
    `within_*` is the root mean square of the residuals' differences from their face's mean.
    """
    residual = faces.keypoints - predicted
    usable = np.isfinite(residual).any(axis=(1, 2)) & ~is_outlier(predicted, faces)
    rows = []
    for index, convention in enumerate(faces.scheme.conventions):
        chosen = np.flatnonzero(usable & (faces.convention == index))
        if len(chosen) < len(FIFTHS):
            continue
        by_sharpness = chosen[np.argsort(sharpness(faces.images[chosen]), kind="stable")]
        parts = dict(zip(FIFTHS, np.array_split(by_sharpness, len(FIFTHS)), strict=True))
        for part, members in {"all": chosen, **parts}.items():
            offsets = np.ma.masked_invalid(residual[members])
            mean = offsets.mean(axis=1)
            rows.append(
                {
                    "convention": convention.name,
                    "faces": part,
                    "number": len(offsets),
                    **_by_axis("mean", mean.mean(axis=0)),
                    **_by_axis("spread", mean.std(axis=0)),
                    **_by_axis(
                        "within", np.sqrt(((offsets - mean[:, None]) ** 2).mean(axis=(0, 1)))
                    ),
                }
            )
    return pd.DataFrame(rows)


def _by_axis(name: str, values: NDArray[np.floating]) -> dict[str, float]:
    return {f"{name}_{axis}": float(value) for axis, value in zip("xy", values, strict=True)}


def sharpness(images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """N, second over first differences of grey values along the rows of N x H x W images.

    Pictures that were enlarged, or are out of focus, have small second differences.
    """
    grey = images.astype(np.float64)
    first, second = (np.abs(np.diff(grey, n, axis=2)).mean(axis=(1, 2)) for n in (1, 2))
    return np.asarray(second / np.maximum(first, 1e-9))


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))
