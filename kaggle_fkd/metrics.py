"""Scores of predictions: pure functions of the predictions and the labels; and their names."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.keypoints import KeypointScheme

FAILURE = 0.08
"""A face with a larger NME is a failure, and error curves end at this NME, as is customary for
300-W."""
OUTLIER_PX = 12.0
"""Labels farther than this from the prediction are treated as outliers where they would decide a
comparison: a single picture without a face can contribute a quarter as much squared error as all
others together."""
WITHIN = 2.0
"""Expected errors are calibrated so that 95 % of the errors are below this many times the expected
one."""


@dataclass(frozen=True)
class Metric:
    """The score of a training, of which less is better."""

    name: str
    """In columns and keys: `val_rmse`, `validation_rmse`."""
    title: str
    """In messages and figures."""
    unit: str = ""
    """The unit of its values; empty if they have none."""
    unit_in_words: str = ""
    """The same, written out."""

    @property
    def long_title(self) -> str:
        """The title with the unit in words."""
        return f"{self.title} in {self.unit_in_words}" if self.unit_in_words else self.title

    def text(self, value: float, digits: int = 3) -> str:
        """The value with its unit."""
        return f"{value:.{digits}f} {self.unit}".rstrip()


RMSE = Metric("rmse", "RMSE", "px", "pixels")
"""Of networks that predict keypoints."""
LOSS = Metric("loss", "loss")
"""Of face detectors."""
METRICS = (RMSE, LOSS)


def rmse(predicted: NDArray[np.floating], truth: NDArray[np.floating]) -> float:
    """Root mean squared error over all known coordinates, in pixels; NaN when none is known.

    Pooled over coordinates as the competition's score is, not averaged over faces.
    """
    error = (predicted.astype(np.float64) - truth)[np.isfinite(truth)]
    return float(np.sqrt(np.mean(error**2))) if error.size else float("nan")


def rmse_by_convention(predicted: NDArray[np.floating], faces: FaceDataset) -> dict[str, float]:
    """The pooled RMSE in pixels (`all`), and that of each label convention that has labels."""
    scores = {"all": rmse(predicted, faces.keypoints)}
    for index, convention in enumerate(faces.scheme.conventions):
        chosen = faces.convention == index
        if faces.labelled[chosen].any():
            scores[convention.name] = rmse(predicted[chosen], faces.keypoints[chosen])
    return scores


def rmse_by_keypoint(
    predicted: NDArray[np.floating], faces: FaceDataset
) -> dict[str, dict[str, float]]:
    """RMSE in pixels of every labelled keypoint of every convention, by their names."""
    table: dict[str, dict[str, float]] = {}
    for index, convention in enumerate(faces.scheme.conventions):
        chosen = faces.convention == index
        table[convention.name] = {
            faces.scheme.names[k]: rmse(predicted[chosen, k], faces.keypoints[chosen, k])
            for k in convention.keypoints
            if faces.labelled[chosen, k].any()
        }
    return table


def is_outlier(predicted: NDArray[np.floating], faces: FaceDataset) -> NDArray[np.bool_]:
    """N, the faces with a label more than OUTLIER_PX from the prediction, N x K x 2 pixels."""
    distance = np.linalg.norm(predicted - faces.keypoints, axis=2)
    # A missing label is NaN, which compares as False.
    return np.asarray((distance > OUTLIER_PX).any(axis=1))


def nme(
    predicted: NDArray[np.floating], truth: NDArray[np.floating], scheme: KeypointScheme
) -> NDArray[np.float64]:
    """N x K, each keypoint's distance from `truth`, N x K x 2, over the inter-ocular distance.

    That is the distance between the outer eye corners (Sagonas et al., "300 Faces in-the-Wild
    Challenge", 2013). A face's NME is the mean of its row. NaN where the truth is not known.
    """
    right, left = scheme.eye_corners
    eyes = np.linalg.norm(truth[:, left] - truth[:, right], axis=-1)
    distance = np.linalg.norm(predicted.astype(np.float64) - truth, axis=-1)
    return np.asarray(distance / eyes[:, None])


def errors_over_expected(
    predicted: NDArray[np.floating], truth: NDArray[np.floating]
) -> NDArray[np.float64]:
    """N x K, each keypoint's distance from `truth`, N x K x 2, over its expected error.

    `predicted` is N x K x 3, the x, y and expected error of each keypoint. NaN where the truth is
    not known.
    """
    distance = np.linalg.norm(predicted[..., :2].astype(np.float64) - truth, axis=-1)
    return np.asarray(distance / predicted[..., 2])


def covered(predicted: NDArray[np.floating], truth: NDArray[np.floating]) -> float:
    """The share of the known errors that are within `WITHIN` times the expected ones; arguments as
    of `errors_over_expected`."""
    ratio = errors_over_expected(predicted, truth)
    return float((ratio[np.isfinite(ratio)] <= WITHIN).mean())


def error_scores(errors: NDArray[np.floating]) -> dict[str, float]:
    """Mean and median NME of N faces, their failure rate, and the area under the error curve.

    The area under the cumulative error distribution (CED) from 0 to `FAILURE`, divided by `FAILURE`
    (Yang et al., "An empirical study of recent face alignment methods", 2015, arXiv 1511.05049).
    """
    return {
        "mean": float(errors.mean()),
        "median": float(np.median(errors)),
        "failure_rate": float((errors > FAILURE).mean()),
        "area_under_curve": float(np.clip(1 - errors / FAILURE, 0, None).mean()),
    }
