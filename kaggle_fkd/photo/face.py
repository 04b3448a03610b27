"""`DetectedFace`: one face found in a picture, and what can be measured on its keypoints."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.errors import UsageError
from kaggle_fkd.imaging.chips import box_of_keypoints, cut_chip, similarity
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.photo.head_model import Pose, find_camera, head_points


class EyeAspectRatio(NamedTuple):
    """How far each eye is open: height over width, about 0.3 when open, below 0.2 when shut."""

    right: float
    """The subject's right eye, at the left of the picture."""
    left: float


@dataclass(frozen=True, eq=False)
class DetectedFace:
    """A face in a picture. Pixel centres are at whole numbers; nothing writes into the arrays."""

    box: NDArray[np.float64]
    """4: x0, y0, x1, y1, the latter two exclusive; may stick out of the picture."""
    keypoints: NDArray[np.float64]
    """K x 2, x then y in pixels of the picture."""
    confidence: float
    """0..1, how sure the network is that this is a face and these are its keypoints."""
    scheme: KeypointScheme = field(repr=False)
    """What the K keypoints are."""
    picture: NDArray[np.uint8] = field(repr=False)
    """H x W x 3 RGB, the picture that the face is in: a reference, not a copy."""

    def region(self, name: str) -> NDArray[np.float64]:
        """K' x 2, the keypoints of one group of the scheme: "eyes", "brows", "nose", "mouth", ...

        Raises UsageError for a group that the scheme does not have.
        """
        if name not in self.scheme.groups:
            raise UsageError(
                f"{self.scheme.name} has no region {name!r}",
                f"choose one of {', '.join(self.scheme.groups)}",
            )
        return self.keypoints[list(self.scheme.groups[name])]

    def chip(self, size: int = 96) -> NDArray[np.uint8]:
        """size x size x 3, the face cut out upright and centred by its keypoints.

        Turned and scaled so that the generic head's keypoints, seen from the front, fill it with
        the margin of a face's box; whatever lies outside the picture repeats its border. Raises
        UsageError for a size below 1.
        """
        if size < 1:
            raise UsageError(f"a chip of {size} pixels", "give a size of at least 1")
        front = head_points(self.scheme)[:, :2]
        x0, y0, x1, y1 = box_of_keypoints(front) - 0.5
        scale = size / max(x1 - x0, y1 - y0)
        target = scale * (front - [(x0 + x1) / 2, (y0 + y1) / 2]) + (size - 1) / 2
        to_chip = similarity(self.keypoints, target)
        return np.dstack([cut_chip(self.picture[:, :, band], to_chip, size) for band in range(3)])

    def pose(self) -> Pose:
        """How the head is turned: (pitch, yaw, roll) in degrees, all 0 when it looks at us.

        Pitch is positive upwards, yaw to the picture's right, roll clockwise in the picture. A
        generic head is fitted to the keypoints but those of the jaw, seen by a pinhole camera
        whose focal length is the picture's width (see `head.find_camera`).
        """
        height, width = self.picture.shape[:2]
        return find_camera(self.keypoints, self.scheme, (height, width)).pose()

    def eye_aspect_ratio(self) -> EyeAspectRatio:
        """(right, left) ratio of each eye's height to its width (Soukupova and Cech 2016).

        Raises UsageError for a scheme without points on the lids.
        """
        if not self.scheme.eyelids:
            raise UsageError(
                f"{self.scheme.name} has no points on the eyelids", "use the 68-point network"
            )
        right, left = (self.keypoints[list(lids)] for lids in self.scheme.eyelids)
        return EyeAspectRatio(_aspect_ratio(right), _aspect_ratio(left))

    def as_dict(self) -> dict[str, Any]:
        """What JSON can hold: pixels to 0.01, the rest to 0.001 and degrees to 0.1."""
        values: dict[str, Any] = {
            "box": self.box.round(2).tolist(),
            "confidence": round(float(self.confidence), 3),
            "scheme": self.scheme.name,
            "keypoints": self.keypoints.round(2).tolist(),
            "pose": {name: round(angle, 1) for name, angle in self.pose()._asdict().items()},
        }
        if self.scheme.eyelids:
            ratios = self.eye_aspect_ratio()._asdict()
            values["eye_aspect_ratio"] = {name: round(ratio, 3) for name, ratio in ratios.items()}
        return values


def _aspect_ratio(eye: NDArray[np.float64]) -> float:
    """Of six points: a corner, two on the upper lid, the other corner, two on the lower lid."""
    corner, upper, upper_too, other_corner, lower_too, lower = eye
    heights = np.linalg.norm(upper - lower) + np.linalg.norm(upper_too - lower_too)
    width = np.linalg.norm(corner - other_corner)
    return float(heights / (2 * width)) if width else 0.0
