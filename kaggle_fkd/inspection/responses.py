"""`InspectedNetwork`: how an exported network responds to one face, in numbers.

Its filters, feature maps and heat maps, and which parts of the face a keypoint depends on. Chips
are H x W grey faces of the network's size, pixels 0..255.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.inference.keypoints import OnnxKeypoints
from kaggle_fkd.inference.network import new_session
from kaggle_fkd.inspection.intermediate_outputs import IntermediateOutputs
from kaggle_fkd.system.reading import read_file

PATCH = 16
"""The squares that are covered for a saliency are a sixteenth of the face wide: half an eye."""

Maps = NDArray[np.float32]


class InspectedNetwork:
    """The network of an exported file, in one label convention.

    Of an ensemble, filters and maps are those of the first network, keypoints and saliency those of
    the mean.
    """

    def __init__(self, path: Path, convention: int = 0) -> None:
        """`convention` is the index of the label convention in the scheme.

        Raises RunError for a file that is not an exported network for keypoints.
        """
        self._file, self.convention = OnnxKeypoints(path), convention
        self.metadata = self._file.metadata
        content = read_file(path)
        self._intermediate = IntermediateOutputs.from_bytes(content)
        self._session = new_session(content + self._intermediate.outputs, "cpu")

    @property
    def layers(self) -> list[str]:
        """The names of the convolutions, in order of execution."""
        return list(self._intermediate.convolutions)

    def predict(self, chips: NDArray[np.uint8]) -> Maps:
        """N x K x 3, keypoints and expected errors of N x H x W chips, in their pixels."""
        return self._file.predict(chips, np.full(len(chips), self.convention))

    def first_filters(self) -> Maps:
        """F x h x w, the kernels of the first convolution, which are applied to the grey face."""
        first = next(iter(self._intermediate.convolutions.values()))
        blank = np.zeros((self.metadata.height, self.metadata.width), np.uint8)
        return self._see([first.filters], blank)[0][:, 0]

    def feature_maps(self, chip: NDArray[np.uint8]) -> dict[str, Maps]:
        """C x h x w for each convolution: its output for the chip, by its name.

        Outputs are taken after the normalisation, which is part of the convolution in an exported
        network, and before any pooling and activation.
        """
        convolutions = self._intermediate.convolutions
        maps = self._see([each.maps for each in convolutions.values()], chip)
        return {name: each[0] for name, each in zip(convolutions, maps, strict=True)}

    def heat_maps(self, chip: NDArray[np.uint8]) -> Maps | None:
        """K x rows x columns, the weights of the cells of the network's grid for each keypoint.

        The weights of a keypoint sum to 1. None for a network that regresses coordinates.
        """
        if self._intermediate.heat_maps is None:
            return None
        weights = self._see([self._intermediate.heat_maps], chip)[0][0]
        if weights.ndim == 3:  # of all heads
            weights = weights[min(self.convention, len(self.metadata.mean_keypoints) - 1)]
        rows = round(np.sqrt(weights.shape[1] * self.metadata.height / self.metadata.width))
        return np.asarray(weights.reshape(len(weights), rows, -1), np.float32)

    def saliency(self, chip: NDArray[np.uint8], *keypoints: int, overlapping: bool = True) -> Maps:
        """H x W, how far the keypoint moves, in pixels, when the face is covered around a pixel.

        Of several keypoints, it is their mean that moves. Each pixel's value is the mean over the
        squares, in the mean grey of the chip, that cover it: occlusion sensitivity, after Zeiler
        and Fergus, "Visualizing and understanding convolutional networks", 2013 (arXiv 1311.2901).
        Squares overlap by half; side by side, they take a fifth of the time.
        """
        side = max(1, chip.shape[1] // PATCH)
        step = max(1, side // 2) if overlapping else side
        places = [
            (slice(y, y + side), slice(x, x + side))
            for y in range(0, chip.shape[0], step)
            for x in range(0, chip.shape[1], step)
        ]
        covered = np.repeat(chip[None], len(places), axis=0)
        for image, place in zip(covered, places, strict=True):
            image[place] = round(float(chip.mean()))
        places_seen = self.predict(np.concatenate([chip[None], covered]))[:, keypoints, :2]
        before, *after = places_seen.mean(axis=1)
        moved = np.linalg.norm(after - before, axis=1)
        total, count = np.zeros(chip.shape), np.zeros(chip.shape)
        for distance, place in zip(moved, places, strict=True):
            total[place] += distance
            count[place] += 1
        return np.asarray(total / count, np.float32)

    def _see(self, names: list[str], chip: NDArray[np.uint8]) -> list[Maps]:
        """The outputs of these names for a chip."""
        inputs = {"images": chip[None], "convention": np.array([self.convention])}
        values: list[Maps] = self._session.run(names, inputs)
        return values
