"""`DetectedFace`: a face that was found in a picture, and what can be measured on its keypoints."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.errors import UsageError, suggest
from kaggle_fkd.imaging.boxes import box_of_keypoints
from kaggle_fkd.imaging.chips import cut_chip
from kaggle_fkd.imaging.similarity import similarity
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.keypoints.uncertainty import mean_uncertainty, size_of_face, uncertain_keypoints
from kaggle_fkd.photo.head_model import Pose, find_camera, has_pose, head_points

MAX_CHIP_SIDE = 10_000
"""Width and height in pixels of the largest crop of a face."""


class EyeAspectRatio(NamedTuple):
    """Height over width of each eye: about 0.3 when it is open, below 0.2 when it is shut."""

    right: float
    """The subject's right eye, at the left of the picture."""
    left: float
    """The subject's left eye."""


@dataclass(frozen=True, eq=False)
class DetectedFace:
    """A face in a picture. Pixel centres have integer coordinates.

    `face["nose_tip"]` and `face[30]` are the x and y of one keypoint, by its name or its index in
    the scheme. The face refers to the complete picture, which stays in memory as long as the face:
    keep `as_dict()` or the arrays of many faces, rather than the faces themselves.
    """

    box: NDArray[np.float64]
    """4: x0, y0, x1, y1 in pixels from the picture's corner, the latter two exclusive: a keypoint
    in the middle of the first pixel is at 0, and a box around that pixel goes from 0 to 1. It may
    extend beyond the picture."""
    keypoints: NDArray[np.float64]
    """K x 2, x then y in pixels of the picture."""
    errors: NDArray[np.float64]
    """K, the expected error of each keypoint in pixels of the picture: on held-out faces, 95 % of
    the keypoints are at most twice that far from their labels."""
    confidence: float
    """0..1, the probability that this is a face; `errors` say how exact its keypoints are."""
    scheme: KeypointScheme
    """The names, groups and mirror pairs of the K keypoints."""
    picture: NDArray[np.uint8]
    """H x W x 3 RGB, the complete picture that the face is in: a reference, not a copy."""
    number: int | None = None
    """Its number, from 1, in an annotated picture or video; None where it has none."""

    def __repr__(self) -> str:
        box = ", ".join(f"{edge:.0f}" for edge in self.box)
        keypoints = f"{len(self.keypoints)} keypoints of {self.scheme.name}"
        return f"DetectedFace({keypoints}, confidence {self.confidence:.2f}, box ({box}))"

    def __getitem__(self, keypoint: str | int) -> NDArray[np.float64]:
        """2, the x and y of one keypoint, by its name or its index in the scheme.

        "nose_tip" is a name in every scheme. Raises UsageError for an unknown name, IndexError for
        an index that is out of range.
        """
        if isinstance(keypoint, str):
            keypoint = self.scheme.find(keypoint)
        return np.asarray(self.keypoints[keypoint])

    @property
    def size(self) -> float:
        """The square root of the area of the tight box of its keypoints, in pixels."""
        return size_of_face(self.keypoints)

    @property
    def uncertain(self) -> NDArray[np.bool_]:
        """K, true for keypoints whose expected error is more than a twentieth of the face's size.

        Drawings show them hollow.
        """
        return uncertain_keypoints(self.keypoints, self.errors)

    @property
    def uncertainty(self) -> float:
        """The mean expected error of its keypoints, as a share of its size."""
        return mean_uncertainty(self.keypoints, self.errors)

    def region(self, name: str) -> NDArray[np.float64]:
        """K' x 2, the keypoints of one part of the face, in the order of the scheme.

        That is a group of the scheme ("eyes", "brows", "nose", "mouth", ...), or what the names of
        several keypoints begin with: "left_eye" for left_eye_0, left_eye_1 and so on. Left and
        right are the subject's. Raises UsageError for an unknown name.
        """
        regions = _regions(self.scheme)
        if name not in regions:
            raise UsageError(f"{self.scheme.name} has no region {name!r}", suggest(name, regions))
        return self.keypoints[list(regions[name])]

    def chip(self, size: int = 96) -> NDArray[np.uint8]:
        """size x size x 3, the face cropped from the picture, upright and centred.

        It is turned and scaled so that the generic head's keypoints, seen from the front, fill it
        with the margin of a face's box; outside the picture, its border is repeated. Raises
        UsageError for a size that is not a whole number from 1 to 10,000.
        """
        whole = isinstance(size, Integral) and not isinstance(size, bool)
        if not whole or not 1 <= size <= MAX_CHIP_SIDE:
            raise UsageError(
                f"size={size!r} is not the side of a chip",
                f"give a whole number from 1 to {MAX_CHIP_SIDE}, in pixels",
            )
        size = int(size)
        front = head_points(self.scheme)[:, :2]
        x0, y0, x1, y1 = box_of_keypoints(front) - 0.5
        scale = size / max(x1 - x0, y1 - y0)
        target = scale * (front - [(x0 + x1) / 2, (y0 + y1) / 2]) + (size - 1) / 2
        to_chip = similarity(self.keypoints, target)
        return np.dstack([cut_chip(self.picture[:, :, band], to_chip, size) for band in range(3)])

    def pose(self) -> Pose:
        """The rotation of the head: (pitch, yaw, roll) in degrees, all 0 if it looks at the camera.

        Pitch is positive upwards, yaw to the picture's right, roll clockwise in the picture. A
        generic head is fitted to all keypoints except the jaw's, seen by a pinhole camera whose
        focal length is the picture's width (see `head_model.find_camera`). Raises UsageError for a
        scheme with too few keypoints.
        """
        height, width = self.picture.shape[:2]
        return find_camera(self.keypoints, self.scheme, (height, width)).pose()

    def eye_aspect_ratio(self) -> EyeAspectRatio:
        """(right, left), the ratio of each eye's height to its width (Soukupova and Cech 2016).

        Raises UsageError for a scheme without points on the eyelids.
        """
        if not self.scheme.eyelids:
            raise UsageError(
                f"{self.scheme.name} has no points on the eyelids", "use iBUG's points instead"
            )
        right, left = (self.keypoints[list(lids)] for lids in self.scheme.eyelids)
        return EyeAspectRatio(_aspect_ratio(right), _aspect_ratio(left))

    def as_dict(self) -> dict[str, Any]:
        """The face as a JSON-serialisable dictionary.

        Pixels are rounded to 0.01, degrees to 0.1, other numbers to 0.001.

        `names` are those of the keypoints, in the same order. `pose` and `eye_aspect_ratio` are
        included if the scheme has the keypoints for them. The picture is left out.
        """
        number = {} if self.number is None else {"number": self.number}
        values: dict[str, Any] = {
            **number,
            "box": self.box.round(2).tolist(),
            "confidence": round(float(self.confidence), 3),
            "scheme": self.scheme.name,
            "names": list(self.scheme.names),
            "keypoints": self.keypoints.round(2).tolist(),
            "errors": self.errors.round(2).tolist(),
        }
        if has_pose(self.scheme):
            angles = self.pose()._asdict()
            values["pose"] = {name: round(angle, 1) for name, angle in angles.items()}
        if self.scheme.eyelids:
            ratios = self.eye_aspect_ratio()._asdict()
            values["eye_aspect_ratio"] = {name: round(ratio, 3) for name, ratio in ratios.items()}
        return values


def numbered(faces: Iterable[DetectedFace]) -> list[DetectedFace]:
    """The faces with the numbers 1, 2 and so on, in their order."""
    return [replace(face, number=number) for number, face in enumerate(faces, 1)]


def _regions(scheme: KeypointScheme) -> dict[str, list[int]]:
    """The indices of the keypoints of each region: what their names begin with, and the groups."""
    parts: dict[str, list[int]] = {}
    for index, name in enumerate(scheme.names):
        words = name.split("_")
        # One word is a part only if one more follows: jaw of jaw_0, but not left of left_eye_0.
        for count in range(max(1, min(2, len(words) - 1)), len(words)):
            parts.setdefault("_".join(words[:count]), []).append(index)
    several = {part: members for part, members in parts.items() if len(members) > 1}
    return several | {group: list(members) for group, members in scheme.groups.items()}


def _aspect_ratio(eye: NDArray[np.float64]) -> float:
    """The eye aspect ratio of 6 x 2 points.

    They are a corner, two on the upper lid, the other corner, two on the lower lid.
    """
    corner, upper, upper_too, other_corner, lower_too, lower = eye
    heights = np.linalg.norm(upper - lower) + np.linalg.norm(upper_too - lower_too)
    width = np.linalg.norm(corner - other_corner)
    return float(heights / (2 * width)) if width else 0.0
