"""`ChipNetworks`: exported networks that predict the keypoints of chips."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.errors import RunError, UsageError, suggest
from kaggle_fkd.export.opened import open_exported
from kaggle_fkd.imaging.chips import cut_chip
from kaggle_fkd.imaging.similarity import invert, transform_points
from kaggle_fkd.inference.keypoints import OnnxKeypoints
from kaggle_fkd.runs.run import Run


class ChipNetworks:
    """An ensemble: its keypoints are the mean of its networks' predictions."""

    def __init__(
        self, files: Sequence[OnnxKeypoints], convention: str | None = None, mirror: bool = False
    ) -> None:
        """Networks of one run, which predict in one label convention.

        By default, it is the first that they were trained on of those which have all keypoints.
        With `mirror`, networks that were trained on mirrored faces predict each face as the mean
        with its mirror image.
        Raises RunError for networks of faces that are not square; UsageError for a convention that
        they were not trained on.
        """
        self.files, metadata = files, files[0].metadata
        self.mirror = mirror and metadata.mirror
        if metadata.width != metadata.height:
            raise RunError(
                f"{files[0].path}: trained on faces of {metadata.width} x {metadata.height} pixels",
                "give a run that was trained on square faces",
            )
        self.scheme = metadata.scheme
        """What the keypoints are."""
        self.conventions = [
            name
            for name in metadata.usable_conventions
            if all(name in file.metadata.usable_conventions for file in files)
        ]
        """The label conventions that can be predicted."""
        self.convention = self._find(convention)
        """The index in the scheme of the one that is."""
        self.size = metadata.width
        """Side of the chips in pixels."""
        shapes = [file.metadata.mean_shape(self.convention) for file in files]
        self.mean_shape: NDArray[np.float64] = np.mean(shapes, axis=0)
        """K x 2, the mean keypoints of the training faces, in pixels of a chip."""

    @classmethod
    def from_file(
        cls, path: Path, device: str = "cpu", convention: str | None = None, mirror: bool = False
    ) -> "ChipNetworks":
        """The network of an exported file."""
        return cls([OnnxKeypoints(path, device)], convention, mirror)

    @classmethod
    def from_run(
        cls, run: Run, device: str = "cpu", convention: str | None = None, mirror: bool = False
    ) -> "ChipNetworks":
        """The networks of the run's finished members; RunError without one."""
        members = run.require_members().members
        files = [open_exported(run, member, OnnxKeypoints, device) for member in members]
        return cls(files, convention, mirror)

    def predict(
        self, greys: Sequence[NDArray[np.uint8]], maps: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """N x K x 3, keypoints and expected errors, in pixels of N grey pictures, H x W.

        There is one face in each. `maps`, N x 2 x 3, are the similarities from each picture to its
        chip.
        """
        chips = self.cut(greys, maps)
        return self.with_mirror_images(self.predict_chips(chips, maps), chips, maps)

    def with_mirror_images(
        self, predicted: NDArray[np.float64], chips: NDArray[np.uint8], maps: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """What was `predicted` for chips, averaged with what is predicted for their mirror images.

        Without `mirror`, it is returned as it is.
        """
        if not self.mirror:
            return predicted
        return (predicted + self.predict_chips(chips, maps, mirrored=True)) / 2

    def predict_chips(
        self, chips: NDArray[np.uint8], maps: NDArray[np.floating], mirrored: bool = False
    ) -> NDArray[np.float64]:
        """N x K x 3 in pixels of the pictures, predicted from N chips or their mirror images."""
        seen = chips[:, :, ::-1] if mirrored else chips
        index = self.convention + len(self.scheme.conventions) * mirrored
        convention = np.full(len(chips), index)
        predicted = np.mean([file.predict(seen, convention) for file in self.files], axis=0)
        if mirrored:
            predicted = self.scheme.mirrored(predicted, self.size)
        return to_pictures(predicted, maps)

    def cut(
        self, greys: Sequence[NDArray[np.uint8]], maps: NDArray[np.floating]
    ) -> NDArray[np.uint8]:
        """N x size x size, the networks' input for N grey pictures."""
        pairs = zip(greys, maps, strict=True)
        return np.stack([cut_chip(grey, matrix, self.size) for grey, matrix in pairs])

    def _find(self, wanted: str | None) -> int:
        """The index of the wanted convention, by default of the first that can be predicted."""
        owner = self.files[0].path
        if not self.conventions:
            raise RunError(
                f"{owner}: not trained on a label convention with all keypoints",
                "give a run that was trained on one",
            )
        if wanted is not None and wanted not in self.conventions:
            raise UsageError(
                f"{owner}: not trained on the label convention {wanted} with all keypoints",
                suggest(wanted, self.conventions),
            )
        names = [each.name for each in self.scheme.conventions]
        return names.index(wanted or self.conventions[0])


def to_pictures(predicted: NDArray[np.floating], maps: NDArray[np.floating]) -> NDArray[np.float64]:
    """N x K x 3 keypoints and errors of chips in pixels of the pictures.

    `maps`, N x 2 x 3, lead from the pictures to the chips.
    """
    back = invert(maps)
    errors = predicted[..., 2:] * np.hypot(*back[:, :, 0].T)[:, None, None]
    points = transform_points(back, predicted[..., :2].astype(np.float64))
    return np.concatenate([points, errors], axis=-1)
