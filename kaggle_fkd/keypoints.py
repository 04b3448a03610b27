"""Keypoint schemes: names, order, flip pairs, groups and label conventions.

The only module that spells a keypoint's name. Loader, augmentation, figures and
submission all take a `KeypointScheme`; left and right are the subject's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Convention:
    """A way of labelling a face: which keypoints are marked, and what they mean there."""

    name: str
    """Short name, as figures and metrics show it."""
    keypoints: tuple[int, ...]
    """Indices of the keypoints this convention marks."""
    meaning: str
    """How its labels differ from those of the other conventions."""


@dataclass(frozen=True)
class KeypointScheme:
    """The K keypoints of one task. Arrays of keypoints are `... x K x 2`, x then y, in pixels."""

    name: str
    """Name of the scheme, stored with every run."""
    names: tuple[str, ...]
    """Keypoint names, in array order."""
    flip_pairs: tuple[tuple[int, int], ...]
    """Indices of (left, right) keypoints that change places in a mirror."""
    groups: Mapping[str, tuple[int, ...]]
    """Parts of the face, each keypoint in exactly one; figures colour by group."""
    conventions: tuple[Convention, ...]
    """Label conventions, the richest first; never averaged with each other."""
    nose_tip: int
    """Index of the tip of the nose, which no turn of the head hides."""
    agreed: tuple[int, ...] = ()
    """Keypoints that are marked, and mean the same place, in every convention."""

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """The 2K coordinate names in column order: `nose_tip_x`, `nose_tip_y`, ..."""
        return tuple(f"{name}_{axis}" for name in self.names for axis in "xy")

    @cached_property
    def flip_order(self) -> tuple[int, ...]:
        """`keypoints[flip_order]` are the keypoints of the mirrored face, before x is mirrored."""
        order = list(range(len(self.names)))
        for left, right in self.flip_pairs:
            order[left], order[right] = right, left
        return tuple(order)

    @cached_property
    def group_of(self) -> tuple[str, ...]:
        """The group's name of each keypoint."""
        names = {index: group for group, members in self.groups.items() for index in members}
        return tuple(names[index] for index in range(len(self.names)))

    def index(self, name: str) -> int:
        """Position of the keypoint `name`; raises ValueError for an unknown one."""
        return self.names.index(name)

    def conventions_of(self, marked: NDArray[np.bool_]) -> NDArray[np.int8]:
        """The convention, N, of faces whose keypoints `marked`, N x K, are labelled or asked for.

        The last convention whose keypoints cover all the marked ones: with Kaggle's two, a face
        is of the rich one if and only if it has a keypoint that the sparse one lacks.
        """
        convention = np.zeros(len(marked), np.int8)
        for index, candidate in enumerate(self.conventions):
            outside = np.ones(len(self.names), bool)
            outside[list(candidate.keypoints)] = False
            convention[~marked[:, outside].any(axis=1)] = index
        return convention


def _mirror_pairs(names: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """(left, right) index pairs of names that differ by that word alone."""
    return tuple(
        (index, names.index(name.replace("left", "right")))
        for index, name in enumerate(names)
        if "left" in name
    )


_KAGGLE_NAMES = (
    "left_eye_center",
    "right_eye_center",
    "left_eye_inner_corner",
    "left_eye_outer_corner",
    "right_eye_inner_corner",
    "right_eye_outer_corner",
    "left_eyebrow_inner_end",
    "left_eyebrow_outer_end",
    "right_eyebrow_inner_end",
    "right_eyebrow_outer_end",
    "nose_tip",
    "mouth_left_corner",
    "mouth_right_corner",
    "mouth_center_top_lip",
    "mouth_center_bottom_lip",
)

KAGGLE15 = KeypointScheme(
    name="kaggle15",
    names=_KAGGLE_NAMES,
    flip_pairs=_mirror_pairs(_KAGGLE_NAMES),
    groups={
        "eyes": (0, 1, 2, 3, 4, 5),
        "brows": (6, 7, 8, 9),
        "nose": (10,),
        "mouth": (11, 12, 13, 14),
    },
    conventions=(
        Convention("A", tuple(range(15)), "up to 15 points; nose tip, edge of the lower lip"),
        Convention("B", (0, 1, 10, 14), "4 points; base of the nose, centre of the mouth"),
    ),
    nose_tip=10,
    agreed=(0, 1),
)
"""The 15 points of the Kaggle competition (columns of its training.csv), 96 x 96 pixels."""

# Keypoints from the subject's right to the left, in rows that the mirror reverses; the bridge of
# the nose alone stands on the axis.
_IBUG_ROWS: tuple[Sequence[int], ...] = (
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

_IBUG_PARTS = {
    "jaw": 17, "right_brow": 5, "left_brow": 5, "nose_bridge": 4, "nose_base": 5,
    "right_eye": 6, "left_eye": 6, "outer_lip": 12, "inner_lip": 8,
}  # fmt: skip
"""The parts in iBUG's order, and the number of keypoints of each."""

IBUG68 = KeypointScheme(
    name="ibug68",
    names=tuple(f"{part}_{i}" for part, count in _IBUG_PARTS.items() for i in range(count)),
    flip_pairs=tuple(
        (row[-1 - place], row[place]) for row in _IBUG_ROWS for place in range(len(row) // 2)
    ),
    groups={
        "eyes": tuple(range(36, 48)),
        "brows": tuple(range(17, 27)),
        "nose": tuple(range(27, 36)),
        "mouth": tuple(range(48, 68)),
        "jaw": tuple(range(17)),
    },
    conventions=(Convention("iBUG", tuple(range(68)), "68 points, all of them always marked"),),
    nose_tip=30,
    agreed=tuple(range(68)),
)
"""The 68 points of iBUG (300-W, Sagonas et al. 2013), 0-based; pictures of any size."""

IBUG68_OUTER_EYE_CORNERS = (36, 45)
"""The right and the left one: their distance normalises the NME (points 37 and 46 of iBUG)."""

_KAGGLE_A_FROM_IBUG = {
    "left_eye_center": (42, 43, 44, 45, 46, 47),
    "right_eye_center": (36, 37, 38, 39, 40, 41),
    "left_eye_inner_corner": (42,),
    "left_eye_outer_corner": (45,),
    "right_eye_inner_corner": (39,),
    "right_eye_outer_corner": (36,),
    "left_eyebrow_inner_end": (22,),
    "left_eyebrow_outer_end": (26,),
    "right_eyebrow_inner_end": (21,),
    "right_eyebrow_outer_end": (17,),
    "nose_tip": (30,),
    "mouth_left_corner": (54,),
    "mouth_right_corner": (48,),
    "mouth_center_top_lip": (51,),
    "mouth_center_bottom_lip": (57,),
}
_KAGGLE_FROM_IBUG = (
    _KAGGLE_A_FROM_IBUG,
    _KAGGLE_A_FROM_IBUG | {"nose_tip": (33,), "mouth_center_bottom_lip": (62, 66)},
)
"""For each convention of KAGGLE15, the iBUG keypoints whose mean is the keypoint."""


def kaggle15_from_ibug68(keypoints: NDArray[np.floating], convention: int) -> NDArray[np.floating]:
    """`... x 68 x 2` keypoints of IBUG68 as the `... x 15 x 2` of KAGGLE15.

    `convention` is an index into `KAGGLE15.conventions`; what B does not mark is given as A has
    it. Kaggle's brow ends lie about 2.4 px lower, on a 96 px face, than iBUG's, which are
    returned as they are.
    """
    sources = _KAGGLE_FROM_IBUG[convention]
    points = [keypoints[..., list(sources[name]), :].mean(axis=-2) for name in KAGGLE15.names]
    return np.stack(points, axis=-2)


SCHEMES: Mapping[str, KeypointScheme] = {scheme.name: scheme for scheme in (KAGGLE15, IBUG68)}
"""Every scheme by its name, for runs that are read back."""
