"""Keypoint schemes: names, order, flip pairs, groups and label conventions.

The only module that spells a keypoint's name. Loader, augmentation, figures and
submission all take a `KeypointScheme`; left and right are the subject's.
"""

from collections.abc import Mapping
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

    @cached_property
    def shared(self) -> tuple[int, ...]:
        """Keypoints that every convention marks (their meaning may still differ)."""
        every = set.intersection(*(set(c.keypoints) for c in self.conventions))
        return tuple(sorted(every))

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
    agreed=(0, 1),
)
"""The 15 points of the Kaggle competition (columns of its training.csv), 96 x 96 pixels."""

SCHEMES: Mapping[str, KeypointScheme] = {scheme.name: scheme for scheme in (KAGGLE15,)}
"""Every scheme by its name, for runs that are read back."""
