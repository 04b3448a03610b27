"""iBUG's `.pts` files, which 300-W, HELEN and LFPW have beside each picture.

The format takes any number of points. The first pixel's centre is at 1 in a file, at 0 in memory.

    version: 1
    n_points: 68
    {
    76.069 117.013
    ...
    }
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.errors import DataError, UsageError
from kaggle_fkd.keypoints import IBUG68, KeypointScheme
from kaggle_fkd.keypoints.coordinates import REMEDY, points_of
from kaggle_fkd.system.files import write_text
from kaggle_fkd.system.reading import read_text_file


def read_pts_file(path: Path | str, scheme: KeypointScheme = IBUG68) -> NDArray[np.float64]:
    """The keypoints of a `.pts` file, K x 2, x then y, with the first pixel's centre at 0.

    Raises DataError, which names the file, if it cannot be read or does not have the scheme's
    number of points.
    """
    try:
        text = read_text_file(path, "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read ({why})", "check the path of the file") from error
    return parse_pts(text, str(path), scheme)


def write_pts_file(path: Path | str, keypoints: NDArray[np.floating]) -> None:
    """Write keypoints, K x 2 with the first pixel's centre at 0, as a `.pts` file, atomically.

    Coordinates are rounded to 0.001 pixels. Raises FkdError if the file cannot be written, and
    UsageError for keypoints of another shape, or that are not finite: the format has no gaps.
    """
    points = np.asarray(keypoints, np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise UsageError(
            f"{path}: the keypoints, of shape {points.shape}, are not K x 2 finite numbers",
            "give x and y of every keypoint, without expected errors",
        )
    write_text(Path(path), format_pts(points))


def parse_pts(text: str, where: str, scheme: KeypointScheme) -> NDArray[np.float64]:
    """The text of a `.pts` file as K x 2 keypoints, with the first pixel's centre at 0.

    Raises DataError, which names `where` and what is wrong.
    """
    if not (count := re.search(r"^\s*n_points:\s*(\S+)", text, re.MULTILINE)):
        raise DataError(f"{where}: no line with n_points", REMEDY)
    if count[1] != str(len(scheme.names)):
        raise DataError(f"{where}: n_points is {count[1]}, not {len(scheme.names)}", REMEDY)
    if not (body := re.search(r"\{(.*)\}", text, re.DOTALL)):
        raise DataError(f"{where}: the points are not in braces", REMEDY)
    return points_of(body[1].split(), where, scheme) - 1


def format_pts(keypoints: NDArray[np.floating]) -> str:
    """The text of a `.pts` file for K x 2 keypoints with the first pixel's centre at 0."""
    points = "\n".join(f"{x:.3f} {y:.3f}" for x, y in keypoints + 1)
    return f"version: 1\nn_points: {len(keypoints)}\n{{\n{points}\n}}\n"
