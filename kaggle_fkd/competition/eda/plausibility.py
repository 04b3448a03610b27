"""Faces whose labels are least plausible: a point far from where the others put it, a swap.

The keypoints of a convention are taken as jointly normal. For each point the other points of
the face then predict where it lies and how surely (Lauritzen, Graphical Models, 1996, ch. 5);
its distance from there in standard deviations is its surprise, the largest one the face's
score. Of all points, moving that one explains the face best, so it is the one to look at.
"""

import textwrap
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.covariance import LedoitWolf

from kaggle_fkd.competition.eda.imputation import impute
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.gallery import gallery
from kaggle_fkd.keypoints import KeypointScheme

_TRIMMED = 0.1
"""This share of the faces, the worst so far, is left out when the normal is fitted again."""
_LABEL_NOISE = 0.5
"""Pixels by which the best labels scatter; keeps a rigid pair of points from seeming certain."""
_CLEAR = 3.0
"""An order of points holds for a convention if its median is so many robust deviations from 0."""


@dataclass(frozen=True)
class _Surprise:
    """How N faces of K keypoints differ from what each keypoint's companions say."""

    deviations: NDArray[np.float64]
    """N x K, distance from the expected position in standard deviations, 0 where missing."""
    expected: NDArray[np.float64]
    """N x K x 2, pixels."""


def rank_by_plausibility(faces: FaceDataset) -> pd.DataFrame:
    """One row a labelled face, the least plausible first.

    Columns: id, convention, score (standard deviations), worst_keypoint, distance (pixels from
    the expected position), expected_x, expected_y (pixels), reason. Each
    convention by itself; one that occurs at all needs ten faces or so.
    """
    parts = [_rank_convention(faces.in_convention(index)) for index in np.unique(faces.convention)]
    return pd.concat(parts).sort_values("score", ascending=False, kind="stable", ignore_index=True)


def draw_least_plausible(faces: FaceDataset, ranking: pd.DataFrame) -> Figure:
    """The faces of `ranking` with their labels, a cross where the worst one was expected."""
    position = {face: index for index, face in enumerate(faces.ids)}
    chosen = np.array([position[face] for face in ranking["id"]])
    expected = np.full((len(chosen), len(faces.scheme.names), 2), np.nan)
    captions = []
    for number, row in enumerate(ranking.itertuples()):
        worst = faces.scheme.index(str(row.worst_keypoint))
        expected[number, worst] = row.expected_x, row.expected_y
        # Over a picture there is room for four lines; a number stays with its unit.
        reason = textwrap.fill(
            str(row.reason).replace(" px", "\N{NO-BREAK SPACE}px"), 31, max_lines=4
        )
        captions.append(f"{row.id} ({row.convention}): {row.score:.1f} std\n{reason}")
    return gallery(
        faces[chosen], captions, "The least plausible labels", expected,
        predicted_label="expected from the other points",
    )  # fmt: skip


def _rank_convention(faces: FaceDataset) -> pd.DataFrame:
    """The rows of `rank_by_plausibility` for faces of one convention, in their order."""
    scheme, labelled = faces.scheme, faces.labelled
    surprise = _surprise(faces.keypoints, labelled)
    worst = surprise.deviations.argmax(axis=1)
    rows = np.arange(len(faces))
    expected = surprise.expected[rows, worst]
    table = pd.DataFrame(
        {
            "id": faces.ids,
            "convention": [scheme.conventions[index].name for index in faces.convention],
            "score": surprise.deviations[rows, worst],
            "worst_keypoint": [scheme.names[index] for index in worst],
            "distance": np.linalg.norm(faces.keypoints[rows, worst] - expected, axis=1),
            "expected_x": expected[:, 0],
            "expected_y": expected[:, 1],
        }
    )
    table["reason"] = [
        "; ".join([*broken, f"{row.worst_keypoint} off by {row.distance:.1f} px"])
        for broken, row in zip(_broken_orders(faces), table.itertuples(), strict=True)
    ]
    return table.iloc[np.flatnonzero(labelled.any(axis=1))]


def _surprise(keypoints: NDArray[np.float32], labelled: NDArray[np.bool_]) -> _Surprise:
    """Every point of N x K x 2 `keypoints` against a normal fitted without the worst faces."""
    usable = np.flatnonzero(labelled.any(axis=0))
    # A gap filled by regression on the other points adds nothing to their surprise.
    points = impute(keypoints, "iterative")[:, usable].astype(np.float64)
    trusted = np.ones(len(points), bool)
    deviations = np.zeros(keypoints.shape[:2])
    expected = np.full(keypoints.shape, np.nan)
    for _ in range(3):
        found = _conditional(points, trusted)
        deviations[:, usable] = np.where(labelled[:, usable], found.deviations, 0)
        expected[:, usable] = found.expected
        score = deviations.max(axis=1)
        trusted = score <= np.quantile(score, 1 - _TRIMMED)
    return _Surprise(deviations, expected)


def _conditional(points: NDArray[np.float64], trusted: NDArray[np.bool_]) -> _Surprise:
    """Each of N x k x 2 points given the face's other points, by a normal fitted to `trusted`.

    With precision matrix P and a face's difference d from the mean, the residual of point i
    given the others is inverse(P_ii) (P d)_i and its covariance inverse(P_ii).
    """
    flat = points.reshape(len(points), -1)
    # Shrinkage (Ledoit and Wolf 2004) keeps 40 faces of 30 coordinates from a singular fit.
    fit = LedoitWolf(store_precision=False).fit(flat[trusted])
    noise = _LABEL_NOISE**2 * np.eye(flat.shape[1])
    precision = np.linalg.inv(fit.covariance_ + noise)
    pulls = ((flat - fit.location_) @ precision).reshape(points.shape)
    count = points.shape[1]
    blocks = precision.reshape(count, 2, count, 2)[np.arange(count), :, np.arange(count)]
    residuals = np.linalg.solve(blocks, pulls[..., None])[..., 0]
    squared = np.einsum("nki,nki->nk", residuals, pulls)
    return _Surprise(np.sqrt(squared), points - residuals)


def _broken_orders(faces: FaceDataset) -> list[list[str]]:
    """For each face of one convention what lies on the wrong side of what, in words."""
    scheme = faces.scheme
    broken: list[list[str]] = [[] for _ in faces.ids]
    # The subject's left is on the picture's right.
    x = faces.keypoints[..., 0]
    swapped = np.stack(
        [_reversed(x[:, left] - x[:, right]) for left, right in scheme.flip_pairs], axis=1
    )
    for face in np.flatnonzero(swapped.any(axis=1)):
        broken[face].append(_swap_text(scheme, np.flatnonzero(swapped[face])))
    heights = {
        group: pd.DataFrame(faces.keypoints[:, list(members), 1]).mean(axis=1).to_numpy()
        for group, members in scheme.groups.items()
    }
    for upper, lower in permutations(heights, 2):
        for face in np.flatnonzero(_reversed(heights[lower] - heights[upper])):
            broken[face].append(f"{upper} below {lower}")
    return broken


def _reversed(margins: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The faces with a negative margin, if it clearly is positive as a rule; else none."""
    known = margins[np.isfinite(margins)]
    if not len(known):
        return np.zeros(len(margins), bool)
    median = np.median(known)
    # 1.4826 median absolute deviations are a normal's standard deviation.
    deviation = 1.4826 * np.median(np.abs(known - median))
    return np.asarray((margins < 0) & (median > _CLEAR * deviation))


def _swap_text(scheme: KeypointScheme, pairs: NDArray[np.int64]) -> str:
    if len(pairs) > 1:
        return f"left and right swapped ({len(pairs)} pairs)"
    left, right = scheme.flip_pairs[pairs[0]]
    return f"{scheme.names[left]} and {scheme.names[right]} swapped"
