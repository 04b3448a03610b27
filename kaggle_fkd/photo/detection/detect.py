"""`detect`: the faces that a detector network finds in a picture."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.imaging.chips import block_means
from kaggle_fkd.imaging.similarity import invert, scaling
from kaggle_fkd.inference.detector import OnnxDetector
from kaggle_fkd.networks.detector_shape import STRIDES
from kaggle_fkd.photo.detection.faces import SIZE, rotated_faces, transform_faces
from kaggle_fkd.photo.detection.proposals import cut_chips, non_maximum_suppression

SEARCHED_SIDE = 800
"""The first stage searches pictures whose longer side exceeds this, in pixels, reduced to it."""
ENLARGED_SIDE, MAX_ENLARGEMENT = 150, 3.0
"""It searches pictures whose longer side is less than this, such as thumbnails, enlarged to it, at
most by this factor: a small face with little around it has a low score. Of 253 HELEN, LFPW and
youtube68 faces of 12 pixels, 245 are found so and 226 without, with 13 instead of 5 false positives
in 582 such pictures without faces."""
REDUCTION = 3
"""A picture is also searched at a third of its size, at four rolls, for faces that are larger than
the crops that the network is trained on; that takes half the time of the first search."""
LARGE = 30.0
"""In the reduced picture, only faces of this size in pixels are looked for: the first search finds
smaller ones. With 50, an earlier detector found 155 of 167 dark HELEN and LFPW faces, with 30,
165."""
LARGE_ROTATED = 12.0
"""The same, where the reduced picture is rotated by 90, 180 and 270 degrees, as upright faces are
found more reliably. Of 167 HELEN and LFPW faces, rotated by 30 to 270 degrees, an earlier detector
found 76 to 94 % without these, 90 to 96 % with them."""
MIN_PROPOSAL_SCORE = 0.15
"""Proposals of the first stage below this score are dropped."""
MIN_LOGIT = math.log(MIN_PROPOSAL_SCORE / (1 - MIN_PROPOSAL_SCORE))
MAX_PROPOSALS = 200
"""The second stage looks at this many proposals of a picture at most, the best; so no more faces
are found in a picture."""
DOUBTFUL = (0.05, 0.95)
"""Where the second stage gives a score between these, it looks again. With 15 false positives on
held-out photographs, 1245 of 1295 other faces, most of them rotated, dark or small, are found with
it and 1221 without, in a twentieth more time."""
OTHER_ROLLS = range(45, 360, 45)
"""Degrees. It then looks at the face at these rolls, too, as the first stage may mistake the roll:
of 2783 rotated faces, 2707 are found with them and 2669 without, at 15 false positives."""
LIKELY = 0.3
"""The least score of the first stage for that. Without it, as many faces are found, from 1.7 times
as many chips."""


@dataclass(frozen=True)
class Detections:
    """M faces, the one with the highest score first."""

    scores: NDArray[np.float32]
    """M, 0..1."""
    faces: NDArray[np.float32]
    """M x 7, as in `kaggle_fkd.photo.detection.faces`."""

    @classmethod
    def none(cls) -> Self:
        """No face."""
        return cls(np.zeros(0, np.float32), np.zeros((0, 7), np.float32))


def detect(network: OnnxDetector, grey: NDArray[np.uint8], min_score: float) -> Detections:
    """The faces in a grey picture, H x W, whose scores are at least `min_score`."""
    logits, faces = classify(network, grey, *propose(network, grey))
    scores = probability(logits)
    likely = np.flatnonzero(scores >= min_score)
    # By logits, as many scores are 1 in single precision.
    kept = likely[non_maximum_suppression(logits[likely], faces[likely], MAX_PROPOSALS)]
    return Detections(scores[kept], faces[kept])


def propose(
    network: OnnxDetector, grey: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """M logits of the first stage for a grey picture, H x W, and M x 7 faces."""
    searched, scale = resized(grey)
    proposals = _search(network, [searched])
    if min(searched.shape) >= REDUCTION * LARGE_ROTATED:
        small = block_means(searched, REDUCTION, cv2.BORDER_REPLICATE)
        rotated = [np.rot90(small, quarters) for quarters in range(4)]
        # In two pairs, as a quarter exchanges height and width.
        upright, aside = _search(network, rotated[::2]), _search(network, rotated[1::2])
        for quarters, large in enumerate([upright[0], aside[0], upright[1], aside[1]]):
            large = large[large[:, 1 + SIZE] >= (LARGE_ROTATED if quarters else LARGE)]
            back = transform_faces(unrotated(quarters, small.shape), large[:, 1:])
            large[:, 1:] = transform_faces(scaling(REDUCTION), back)
            proposals.append(large)
    found = np.concatenate(proposals)
    found = found[non_maximum_suppression(found[:, 0], found[:, 1:], MAX_PROPOSALS)]
    return found[:, 0], transform_faces(scaling(1 / scale), found[:, 1:])


def resized(grey: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """A grey picture, H x W, in the size in which it is searched, and the factor."""
    longer = max(grey.shape)
    scale = min(max(1.0, ENLARGED_SIDE / longer), MAX_ENLARGEMENT, SEARCHED_SIDE / longer)
    if scale == 1:
        return grey, scale
    height, width = (max(1, round(scale * length)) for length in grey.shape)
    # Reduced as the crops of a training are; OpenCV's INTER_AREA takes ten times as long.
    means = block_means(grey, max(1, int(1 / scale)), cv2.BORDER_REPLICATE)
    searched = cv2.resize(means, (width, height), interpolation=cv2.INTER_LINEAR)
    return searched.astype(np.uint8, copy=False), scale


def padded(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """The input of the first stage for grey pictures, H x W, of one size, black at the end."""
    height, width = pictures[0].shape
    below, right = -height % STRIDES[-1], -width % STRIDES[-1]
    return np.pad(np.stack(pictures), ((0, 0), (0, below), (0, right)))


def unrotated(quarters: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """2 x 3, from pixels of a picture, H x W, rotated by `np.rot90`, to its own."""
    height, width = shape
    matrices = [
        [[1, 0, 0], [0, 1, 0]],
        [[0, -1, width - 1], [1, 0, 0]],
        [[-1, 0, width - 1], [0, -1, height - 1]],
        [[0, 1, 0], [-1, 0, height - 1]],
    ]
    return np.array(matrices[quarters], np.float64)


def _search(
    network: OnnxDetector, pictures: Sequence[NDArray[np.uint8]]
) -> list[NDArray[np.float32]]:
    """Of each picture M x 8: logit and face, in pixels, of the cells that propose one.

    The pictures, H x W, of one size, are searched together.
    """
    return [each[each[:, 0] >= MIN_LOGIT] for each in network.search(padded(pictures))]


def classify(
    network: OnnxDetector, grey: NDArray[np.uint8], proposed: NDArray[np.float32],
    faces: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:  # fmt: skip
    """M logits of the second stage for M faces, M x 7, and M x 7, where it sees them.

    `proposed`, M, are the logits of the first stage; 0 where unknown.
    """
    logits, seen = _refine(network, grey, proposed, faces)
    scores = probability(logits)
    again = np.flatnonzero((scores >= DOUBTFUL[0]) & (scores < DOUBTFUL[1]))
    if len(again):
        doubtful = (each[again] for each in (proposed, faces, logits, seen))
        logits[again], seen[again] = _look_again(network, grey, *doubtful)
    return logits, seen


def _look_again(
    network: OnnxDetector, grey: NDArray[np.uint8], proposed: NDArray[np.float32],
    faces: NDArray[np.float32], logits: NDArray[np.float32], seen: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:  # fmt: skip
    """M logits and M x 7, where the faces are seen, of M doubtful faces.

    `logits`, M, and `seen`, M x 7, are those of the first look. The logit is the mean of it and of
    one at the face as it was seen; or of it and of two at another roll, if that is higher.
    """
    again, face = _refine(network, grey, proposed, seen)
    mean = np.asarray((logits + again) / 2, np.float32)
    tried = np.flatnonzero(probability(proposed) >= LIKELY)
    if len(tried):
        rolled, rolled_face = _best_other_roll(network, grey, proposed[tried], faces[tried])
        other = (logits[tried] + rolled.sum(axis=0)) / 3
        higher = other > mean[tried]
        mean[tried[higher]], face[tried[higher]] = other[higher], rolled_face[higher]
    return mean, face


def _best_other_roll(
    network: OnnxDetector, grey: NDArray[np.uint8], proposed: NDArray[np.float32],
    faces: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:  # fmt: skip
    """2 x M, the logits of two looks at each of M faces, M x 7, at its best other roll; and M x 7.

    The second look is at the face as it was seen in the first, and gives its place.
    """
    rolled = np.concatenate([rotated_faces(faces, degrees) for degrees in OTHER_ROLLS])
    looks, seen = _refine(network, grey, np.tile(proposed, len(OTHER_ROLLS)), rolled)
    best = looks.reshape(-1, len(faces)).argmax(axis=0) * len(faces) + np.arange(len(faces))
    again, face = _refine(network, grey, proposed, seen[best])
    return np.stack([looks[best], again]), face


def probability(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """The scores, 0..1, that logits stand for."""
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def _refine(
    network: OnnxDetector, grey: NDArray[np.uint8], proposed: NDArray[np.float32],
    faces: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:  # fmt: skip
    """M logits of the second stage for M faces, M x 7, from one chip of each, and M x 7."""
    if not len(faces):
        return proposed.copy(), faces.copy()
    chips, maps = cut_chips(grey, faces)
    refined = network.refine(chips, proposed)
    return refined[:, 0], transform_faces(invert(maps), refined[:, 1:])
