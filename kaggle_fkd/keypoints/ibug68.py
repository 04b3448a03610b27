"""The 68 keypoints of iBUG (300-W; Sagonas et al., 2013), counted from 0."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

from kaggle_fkd.keypoints.scheme import IBUG_EYE_CORNERS, Contour, Convention, KeypointScheme

# Keypoints from the subject's right to the left, in rows that the mirror reverses; only the bridge
# of the nose is in no row.
_ROWS: tuple[Sequence[int], ...] = (
    range(17),  # jaw
    range(17, 27),  # brows
    range(31, 36),  # base of the nose
    (36, 37, 38, 39, 42, 43, 44, 45),  # upper lids, with the corners
    (41, 40, 47, 46),  # lower lids
    range(48, 55),  # upper edge of the outer lips, with the corners
    range(59, 54, -1),  # their lower edge
    range(60, 65),  # upper edge of the inner lips, with the corners
    range(67, 64, -1),  # their lower edge
)

_PARTS = {
    "jaw": 17, "right_brow": 5, "left_brow": 5, "nose_bridge": 4, "nose_base": 5,
    "right_eye": 6, "left_eye": 6, "outer_lip": 12, "inner_lip": 8,
}  # fmt: skip
"""The parts in iBUG's order, and the number of keypoints of each."""
_CLOSED = {"right_eye", "left_eye", "outer_lip", "inner_lip"}
_ITSELF = tuple((index,) for index in range(68))

PHOTOGRAPHS, FRAMES = "photographs", "frames"
"""The label conventions: the annotations of 300-W, and those of youtube68. Relative to a network
that is symmetrical, both lie to the right, by 0.7 to 1.25 % of the distance of the eyes, and those
of HELEN higher than the others by 1.2 %."""

IBUG68 = KeypointScheme(
    name="ibug68",
    names=tuple(f"{part}_{i}" for part, count in _PARTS.items() for i in range(count)),
    flip_pairs=tuple(
        (row[-1 - place], row[place]) for row in _ROWS for place in range(len(row) // 2)
    ),
    groups={
        "eyes": tuple(range(36, 48)),
        "brows": tuple(range(17, 27)),
        "nose": tuple(range(27, 36)),
        "mouth": tuple(range(48, 68)),
        "jaw": tuple(range(17)),
    },
    conventions=(
        Convention(PHOTOGRAPHS, tuple(range(68)), "people marked photographs", _ITSELF),
        Convention(FRAMES, tuple(range(68)), "a tracker marked the frames of videos", _ITSELF),
    ),
    nose_tip=30,
    eye_corners=IBUG_EYE_CORNERS,
    eyelids=(tuple(range(36, 42)), tuple(range(42, 48))),
    contours=tuple(
        Contour(tuple(range(start, end)), part in _CLOSED)
        for part, (start, end) in zip(
            _PARTS, pairwise(accumulate(_PARTS.values(), initial=0)), strict=True
        )
    ),
)
"""The 68 keypoints of iBUG, on pictures of any size."""
