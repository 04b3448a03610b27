"""Plausibility of the labels: faces with a keypoint far from the position predicted by the others.

The keypoints of a convention are modelled as jointly normal. The other keypoints of a face then
give the conditional mean and covariance of each one (Lauritzen, Graphical Models, 1996, ch. 5). Its
distance from that mean, in standard deviations (the Mahalanobis distance), is its deviation; the
largest deviation is the face's score. Moving that keypoint alone would make the face most
plausible, so its label is the one to check.
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
from kaggle_fkd.competition.eda.topic import TOO_FEW, Topic, faces_by_convention
from kaggle_fkd.config import EdaConfig
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.figures.gallery import gallery
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.system.text import in_words

_TRIMMED = 0.1
"""The next fit leaves out this share of the faces, those with the highest scores."""
_LABEL_NOISE = 0.5
"""Standard deviation of good labels, in pixels. Without it, keypoints that always lie at the same
distance from each other would have zero predicted variance."""
_CLEAR = 3.0
"""The order of two parts of the face is expected of every face if the median of their distance
exceeds 0 by more than this number of robust standard deviations."""

_IMPLAUSIBLE = 6.0
"""Faces with a larger score, in standard deviations, are counted in the summary."""


@dataclass(frozen=True)
class _Deviations:
    """Deviations of N x K keypoints from the positions predicted by the others of their face."""

    size: NDArray[np.float64]
    """N x K, distance from the expected position in standard deviations, 0 if missing."""
    expected: NDArray[np.float64]
    """N x K x 2, the expected positions in pixels."""


def topic(train: FaceDataset, config: EdaConfig) -> Topic:
    """The ranking of all faces, and a gallery of the least plausible ones."""
    parts = faces_by_convention(train)
    if not parts:
        return TOO_FEW
    conventions = train.scheme.conventions
    enough = [index for index, convention in enumerate(conventions) if convention.name in parts]
    ranking = rank_by_plausibility(train[np.isin(train.convention, enough)])
    shown = ranking.head(config.gallery_faces)
    worst = shown.iloc[0]
    return Topic(
        f"the least plausible is face {worst['id']} ({worst['score']:.1f} std): {worst['reason']}",
        {
            "least_plausible": shown["id"].tolist(),
            "largest_score": float(worst["score"]),
            "median_score": float(ranking["score"].median()),
            "implausible": int((ranking["score"] > _IMPLAUSIBLE).sum()),
        },
        {"plausibility": ranking},
        {"plausibility": draw_least_plausible(train, shown)},
    )


def rank_by_plausibility(faces: FaceDataset) -> pd.DataFrame:
    """One row per face with any label, the least plausible first.

    Columns: id, convention, score (standard deviations), worst_keypoint, distance (from its
    expected position, in pixels), expected_x, expected_y (pixels), reason (in words). Each
    convention has a model of its own, which needs about ten faces or more.
    """
    parts = [_rank_convention(faces.in_convention(index)) for index in np.unique(faces.convention)]
    return pd.concat(parts).sort_values("score", ascending=False, kind="stable", ignore_index=True)


def draw_least_plausible(faces: FaceDataset, ranking: pd.DataFrame) -> Figure:
    """The faces of `ranking` with their labels, and a cross at the expected place of the worst."""
    chosen = np.array([faces.positions[face] for face in ranking["id"]])
    expected = np.full((len(chosen), len(faces.scheme.names), 2), np.nan)
    captions = []
    for number, row in enumerate(ranking.itertuples()):
        worst = faces.scheme.index(str(row.worst_keypoint))
        expected[number, worst] = row.expected_x, row.expected_y
        # What is swapped comes first, and explains how far off it is.
        reason = str(row.reason).split("; ")[0]
        keypoint, off, distance = reason.partition("off by ")
        together = (off + distance).replace(" ", "\N{NO-BREAK SPACE}")
        reason = textwrap.fill(keypoint + together, 31, max_lines=2)
        captions.append(f"row {row.id} ({row.convention}): {row.score:.1f} std\n{reason}")
    return gallery(
        faces[chosen], captions, "The least plausible labels", expected,
        predicted_label="expected place",
        note="Each keypoint is expected where the others of its face put it. The hollow one is "
        "furthest from there, in standard deviations (std): a wrong label, or a rare pose.",
    )  # fmt: skip


def _rank_convention(faces: FaceDataset) -> pd.DataFrame:
    """The rows of `rank_by_plausibility` for faces of one convention, in the faces' order."""
    scheme, labelled = faces.scheme, faces.labelled
    deviations = _deviations(faces.keypoints, labelled)
    worst = deviations.size.argmax(axis=1)
    rows = np.arange(len(faces))
    expected = deviations.expected[rows, worst]
    table = pd.DataFrame(
        {
            "id": faces.ids,
            "convention": [scheme.conventions[index].name for index in faces.convention],
            "score": deviations.size[rows, worst],
            "worst_keypoint": [scheme.names[index] for index in worst],
            "distance": np.linalg.norm(faces.keypoints[rows, worst] - expected, axis=1),
            "expected_x": expected[:, 0],
            "expected_y": expected[:, 1],
        }
    )
    table["reason"] = [
        "; ".join([*broken, f"{in_words(str(row.worst_keypoint))} off by {row.distance:.1f} px"])
        for broken, row in zip(_broken_orders(faces), table.itertuples(), strict=True)
    ]
    return table.iloc[np.flatnonzero(labelled.any(axis=1))]


def _deviations(keypoints: NDArray[np.float32], labelled: NDArray[np.bool_]) -> _Deviations:
    """The deviations of N x K x 2 `keypoints` from a normal fitted without the worst faces."""
    usable = np.flatnonzero(labelled.any(axis=0))
    # A gap filled by regression on the other keypoints does not add to their deviations.
    points = impute(keypoints, "iterative")[:, usable].astype(np.float64)
    trusted = np.ones(len(points), bool)
    size = np.zeros(keypoints.shape[:2])
    expected = np.full(keypoints.shape, np.nan)
    for _ in range(3):
        found = _conditional(points, trusted)
        size[:, usable] = np.where(labelled[:, usable], found.size, 0)
        expected[:, usable] = found.expected
        score = size.max(axis=1)
        trusted = score <= np.quantile(score, 1 - _TRIMMED)
    return _Deviations(size, expected)


def _conditional(points: NDArray[np.float64], trusted: NDArray[np.bool_]) -> _Deviations:
    """The deviation of each of N x k x 2 points, given the others of its face.

    The normal is fitted to the `trusted` faces (N). With its precision matrix P and a face's
    difference d from the mean, the residual of point i given the others is inverse(P_ii) (P d)_i,
    and its covariance is inverse(P_ii).
    """
    flat = points.reshape(len(points), -1)
    # With shrinkage (Ledoit and Wolf 2004), 40 faces of 30 coordinates do not give a singular fit.
    fit = LedoitWolf(store_precision=False).fit(flat[trusted])
    noise = _LABEL_NOISE**2 * np.eye(flat.shape[1])
    precision = np.linalg.inv(fit.covariance_ + noise)
    pulls = ((flat - fit.location_) @ precision).reshape(points.shape)
    count = points.shape[1]
    blocks = precision.reshape(count, 2, count, 2)[np.arange(count), :, np.arange(count)]
    residuals = np.linalg.solve(blocks, pulls[..., None])[..., 0]
    squared = np.einsum("nki,nki->nk", residuals, pulls)
    return _Deviations(np.sqrt(squared), points - residuals)


def _broken_orders(faces: FaceDataset) -> list[list[str]]:
    """For each face of one convention, in words, what is swapped or upside down."""
    scheme = faces.scheme
    broken: list[list[str]] = [[] for _ in faces.ids]
    # The subject's left is on the right of the picture.
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
    """N, true for faces with a negative margin, if margins are clearly positive in general."""
    known = margins[np.isfinite(margins)]
    if not len(known):
        return np.zeros(len(margins), bool)
    median = np.median(known)
    # The standard deviation of a normal is 1.4826 times its median absolute deviation.
    deviation = 1.4826 * np.median(np.abs(known - median))
    return np.asarray((margins < 0) & (median > _CLEAR * deviation))


def _swap_text(scheme: KeypointScheme, pairs: NDArray[np.int64]) -> str:
    """The swapped keypoints in words, for these indices into `scheme.flip_pairs`."""
    if len(pairs) > 1:
        return f"left and right swapped ({len(pairs)} pairs)"
    left, right = (in_words(scheme.names[index]) for index in scheme.flip_pairs[pairs[0]])
    return f"{left} and {right} swapped"
