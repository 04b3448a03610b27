"""`NetworkMetadata`: what an exported network is, as the metadata of its ONNX file say."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.imaging.boxes import box_of_keypoints
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.keypoints.coordinates import MAX_COORDINATE

FORMAT = "1"
"""What files are like; a change of what they take and give, or of these metadata, changes it."""
SUFFIX = ".onnx"
"""What the names of files end in."""
KEYPOINTS, FACES = "keypoints", "faces"
"""The tasks: keypoints of a chip, and faces in a picture."""
CHIP_INSTRUCTIONS = (
    "Scale and shift the grey picture (0.299 R + 0.587 G + 0.114 B), so that the box of the face "
    "has the centre and the area of `box`; or turn it, too, so that its keypoints are as close as "
    "possible to `mean_keypoints`. Pixel centres have integer coordinates."
)
"""What the metadata say about chips, for whoever runs the file without this package."""
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
"""What reading the metadata of another program's file raises."""


def is_exported(path: str | Path) -> bool:
    """Whether the path is that of an exported network, by its name."""
    return Path(path).suffix.lower() == SUFFIX


@dataclass(frozen=True, eq=False)
class NetworkMetadata:
    """What an exported network takes and gives, and where it comes from."""

    task: str
    """`KEYPOINTS` or `FACES`."""
    scheme: KeypointScheme
    """What its keypoints are; those of a detector are the eyes."""
    trained_on: tuple[str, ...]
    """The label conventions that it was trained on; none for a detector."""
    height: int
    """Height of the faces, in pixels; that of the crops of its training, for a detector."""
    width: int
    """Their width, in pixels."""
    mean_keypoints: NDArray[np.float64]
    """H x K x 2, the mean keypoints of the training faces, in pixels of a chip, of each head."""
    mirror: bool
    """Whether it was trained on mirrored faces, too."""
    weights: str
    """Hex sha256 of the files of weights that it was made of."""
    origin: Mapping[str, str]
    """The name of the network, the version, the commit, and so on."""

    @property
    def usable_conventions(self) -> list[str]:
        """The label conventions with all keypoints that it was trained on."""
        return [
            each.name
            for each in self.scheme.conventions
            if len(each.keypoints) == len(self.scheme.names) and each.name in self.trained_on
        ]

    def mean_shape(self, convention: int) -> NDArray[np.float64]:
        """K x 2, the mean keypoints of the training faces of a label convention, by its index."""
        return np.asarray(self.mean_keypoints[min(convention, len(self.mean_keypoints) - 1)])

    def as_strings(self) -> dict[str, str]:
        """The metadata that `from_strings` reads, and some more for other programs."""
        values: dict[str, Any] = {
            "names": self.scheme.names,
            "conventions": [convention.name for convention in self.scheme.conventions],
            "trained_on": self.trained_on,
            "height": self.height,
            "width": self.width,
            "scheme": self.scheme.as_dict(),
            "mirror": self.mirror,
            "mean_keypoints": np.round(self.mean_keypoints, 4).tolist(),
        }
        words = {"task": self.task, "format": FORMAT, "weights": self.weights, **self.origin}
        if self.task == KEYPOINTS:
            values["box"] = box_of_keypoints(self.mean_keypoints[0]).round(2).tolist()
            words["chip"] = CHIP_INSTRUCTIONS
        return words | {key: json.dumps(value) for key, value in values.items()}

    @classmethod
    def from_strings(cls, metadata: Mapping[str, str]) -> Self:
        """What the metadata say; raises one of `UNREADABLE` for those of another program."""
        if metadata.get("format") != FORMAT:
            raise ValueError(f"its metadata do not say that its format is {FORMAT}")
        keys = ("trained_on", "height", "width", "scheme", "mirror", "mean_keypoints")
        values = {key: json.loads(metadata[key]) for key in keys}
        used = {*keys, "task", "format", "weights", "names", "conventions", "box", "chip"}
        task, scheme = metadata["task"], KeypointScheme.from_dict(values["scheme"])
        mean_keypoints = np.array(values["mean_keypoints"], np.float64)
        fits = mean_keypoints.shape[1:] == (len(scheme.names), 2) and len(mean_keypoints)
        possible = (abs(mean_keypoints) <= MAX_COORDINATE).all()  # also rejects NaN
        if task == KEYPOINTS and not (fits and possible):
            raise ValueError("its mean keypoints are not those of its scheme")
        return cls(
            task=task,
            scheme=scheme,
            trained_on=tuple(values["trained_on"]),
            height=int(values["height"]),
            width=int(values["width"]),
            mean_keypoints=mean_keypoints,
            mirror=bool(values["mirror"]),
            weights=metadata["weights"],
            origin={key: value for key, value in metadata.items() if key not in used},
        )
