"""`KeypointScheme`: the K keypoints of a task."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.errors import UsageError, suggest

Number = TypeVar("Number", bound=np.floating)

IBUG_POINTS = 68
"""The number of iBUG's points."""
IBUG_EYE_CORNERS = (36, 45)
"""The right and left outer eye corner among them."""
NOSE_TIP = "nose_tip"
"""An alias of the tip of the nose that every scheme understands."""


@dataclass(frozen=True)
class Convention:
    """A way of labelling a face: which keypoints are marked, and what they mean there."""

    name: str
    """Short name, as figures and metrics show it."""
    keypoints: tuple[int, ...]
    """Indices of the keypoints that this convention marks."""
    meaning: str
    """How its labels differ from those of the other conventions."""
    ibug68: tuple[tuple[int, ...], ...] = ()
    """For each of the K keypoints, the points of iBUG's 68 whose mean, moved by `below`, it is;
    empty if unknown."""
    below: tuple[float, ...] = field(default=(), compare=False)
    """For each of the K keypoints, how far below that mean it is, towards the chin, in distances
    between the outer eye corners; empty if none is. It changes no label, so runs that do not have
    it can be used."""


@dataclass(frozen=True)
class Contour:
    """A line along the face, which drawings show."""

    keypoints: tuple[int, ...]
    """Indices of the keypoints on it, in order."""
    closed: bool = False
    """Whether the last keypoint is connected with the first."""


@dataclass(frozen=True, repr=False)
class KeypointScheme:
    """The K keypoints of one task. Arrays of keypoints are `... x K x 2`, x then y, in pixels."""

    name: str
    """Name of the scheme, as messages and files show it."""
    names: tuple[str, ...]
    """Keypoint names, in array order."""
    flip_pairs: tuple[tuple[int, int], ...]
    """Indices of (left, right) keypoints that change places in a mirror image."""
    groups: Mapping[str, tuple[int, ...]]
    """Parts of the face, each keypoint in exactly one; figures colour by group. The keypoints
    of the group named jaw lie on the visible outline; the pose estimate ignores them."""
    conventions: tuple[Convention, ...]
    """Label conventions; labels of different ones are never averaged. Photographs are predicted in
    the first one that has all keypoints, and that the network was trained on."""
    nose_tip: int
    """Index of the tip of the nose, which stays visible however the head is turned."""
    eye_corners: tuple[int, int]
    """Indices of the right and left outer eye corner: their distance normalises the NME."""
    agreed: tuple[int, ...] = ()
    """Keypoints that every convention marks, in the same place."""
    eyelids: tuple[tuple[int, ...], ...] = ()
    """Six keypoints around the right eye, then the left: a corner, two on the upper lid, the other
    corner, two on the lower lid; empty if the scheme does not have them."""
    contours: tuple[Contour, ...] = field(default=())
    """Lines along the face."""

    def __post_init__(self) -> None:
        """Raises ValueError for parts that do not fit together, as those of a damaged file."""
        called = [self.name, *self.names, *(convention.name for convention in self.conventions)]
        if not (self.names and self.conventions and all(isinstance(each, str) for each in called)):
            raise ValueError("a scheme needs names of keypoints, and a convention")
        if len(set(self.names)) != len(self.names):
            raise ValueError("two keypoints of the scheme have the same name")
        if not _are_indices(self._all_indices(), len(self.names)):
            raise ValueError("the scheme has an index that is not one of its keypoints")
        if sorted(chain(*self.groups.values())) != [*range(len(self.names))]:
            raise ValueError("each keypoint must be in exactly one of the groups")
        if not all(len(pair) == 2 for pair in (self.eye_corners, *self.flip_pairs)):
            raise ValueError("a pair of the scheme does not have two keypoints")
        if len(self.eyelids) not in (0, 2) or not all(len(lids) == 6 for lids in self.eyelids):
            raise ValueError("the eyelids of the scheme are not six keypoints of each eye")
        for convention in self.conventions:
            points, below = convention.ibug68, convention.below
            if (points and len(points) != len(self.names)) or not all(points):
                raise ValueError("ibug68 must give one point or more for each keypoint")
            if not _are_indices(chain(*points), IBUG_POINTS):
                raise ValueError(f"ibug68 must give points from 0 to {IBUG_POINTS - 1}")
            if below and (len(below) != len(points) or not all(map(_is_offset, below))):
                raise ValueError("below must give a number from -1 to 1 for each keypoint")

    def _all_indices(self) -> Iterator[object]:
        """The indices of keypoints in all its parts."""
        yield from (self.nose_tip, *self.eye_corners, *self.agreed)
        yield from chain(*self.flip_pairs, *self.eyelids, *self.groups.values())
        yield from chain(*(convention.keypoints for convention in self.conventions))
        yield from chain(*(contour.keypoints for contour in self.contours))

    def __repr__(self) -> str:
        return f"KeypointScheme({self.name!r}, {len(self.names)} keypoints)"

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """The 2K coordinate names in column order: `nose_tip_x`, `nose_tip_y`, ..."""
        return tuple(f"{name}_{axis}" for name in self.names for axis in "xy")

    @cached_property
    def predicted_names(self) -> tuple[str, ...]:
        """The 3K names of predictions: `nose_tip_x`, `nose_tip_y`, `nose_tip_error`, ..."""
        return tuple(f"{name}_{value}" for name in self.names for value in ("x", "y", "error"))

    @cached_property
    def flip_order(self) -> tuple[int, ...]:
        """`keypoints[flip_order]` are the keypoints of the mirror image, before x is mirrored."""
        order = list(range(len(self.names)))
        for left, right in self.flip_pairs:
            order[left], order[right] = right, left
        return tuple(order)

    def mirrored(self, keypoints: NDArray[Number], width: int) -> NDArray[Number]:
        """N x K x D keypoints in the mirror images of their faces, which are `width` pixels wide.

        x becomes width - 1 - x, and left and right swap; what follows x stays with its keypoint.
        """
        swapped = keypoints[:, list(self.flip_order)]
        swapped[..., 0] = width - 1 - swapped[..., 0]
        return swapped

    @cached_property
    def group_by_keypoint(self) -> tuple[str, ...]:
        """The group's name of each keypoint."""
        names = {index: group for group, members in self.groups.items() for index in members}
        return tuple(names[index] for index in range(len(self.names)))

    def index(self, name: str) -> int:
        """Position of the keypoint `name`; raises ValueError for an unknown one."""
        return self.names.index(name)

    def find(self, wanted: str) -> int:
        """Position of a keypoint by its name, by its number in digits, or by "nose_tip".

        Raises UsageError for one that the scheme does not have.
        """
        if wanted in self.names:
            return self.index(wanted)
        if wanted == NOSE_TIP:
            return self.nose_tip
        if wanted in (numbers := [str(number) for number in range(len(self.names))]):
            return numbers.index(wanted)
        raise UsageError(
            f"{self.name} has no keypoint {wanted!r}",
            f"{suggest(wanted, self.names)} (or a number from 0 to {len(self.names) - 1})",
        )

    def conventions_from_marks(self, marked: NDArray[np.bool_]) -> NDArray[np.int8]:
        """The convention, N, of faces whose keypoints `marked`, N x K, are labelled or requested.

        The last convention whose keypoints cover all the marked ones: with Kaggle's two, a face
        belongs to the rich one if and only if it has a keypoint that the sparse one lacks.
        """
        convention = np.zeros(len(marked), np.int8)
        for index, candidate in enumerate(self.conventions):
            outside = np.ones(len(self.names), bool)
            outside[list(candidate.keypoints)] = False
            convention[~marked[:, outside].any(axis=1)] = index
        return convention

    def from_ibug68(
        self, points: NDArray[np.floating], convention: int = 0
    ) -> NDArray[np.floating]:
        """The scheme's `... x K x D` keypoints that follow from `... x 68 x D` iBUG points.

        What follows x and y is averaged, too. `convention` is an index into `conventions`. Raises
        UsageError if the convention has no `ibug68`.
        """
        sources, below = self.conventions[convention].ibug68, self.conventions[convention].below
        if not sources:
            raise UsageError(
                f"{self.name} does not say which of iBUG's points its keypoints are",
                f"give the convention {self.conventions[convention].name} its `ibug68`",
            )
        means = [points[..., list(indices), :].mean(axis=-2) for indices in sources]
        keypoints = np.stack(means, axis=-2)
        if below:
            right, left = IBUG_EYE_CORNERS
            x, y = np.moveaxis(points[..., [left], :2] - points[..., [right], :2], -1, 0)
            keypoints[..., 0] -= np.multiply(below, y)
            keypoints[..., 1] += np.multiply(below, x)
        return keypoints

    def as_dict(self) -> dict[str, Any]:
        """The scheme as a dictionary for JSON, which `from_dict` reads."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "KeypointScheme":
        """The scheme that `as_dict` gave.

        Raises ValueError, TypeError, KeyError or AttributeError for another value.
        """
        values = {name: _tuples(value) for name, value in stored.items()}
        values["groups"] = {name: _tuples(value) for name, value in stored["groups"].items()}
        for name, kind in (("conventions", Convention), ("contours", Contour)):
            values[name] = tuple(
                kind(**{key: _tuples(value) for key, value in each.items()})
                for each in stored[name]
            )
        return cls(**values)


def mirror_pairs(names: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """The (left, right) index pairs of names that differ by that word alone.

    Raises ValueError for a name of one side without its counterpart on the other.
    """
    for side, other in (("left", "right"), ("right", "left")):
        for name in names:
            if side in name and name.replace(side, other) not in names:
                problem = f"{name!r} has no counterpart on the {other}, so flip_pairs are needed"
                raise ValueError(problem)
    lefts = [name for name in names if "left" in name]
    return tuple((names.index(left), names.index(left.replace("left", "right"))) for left in lefts)


def _are_indices(values: Iterable[object], count: int) -> bool:
    """Whether all of them are integers from 0 to below `count`."""
    return all(type(value) is int and 0 <= value < count for value in values)  # true is not 1


def _is_offset(value: object) -> bool:
    """Whether it is a number from -1 to 1."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -1 <= value <= 1


def _tuples(value: Any) -> Any:
    """Lists, which JSON has instead of tuples, as tuples."""
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value
