"""`PhotographDataset`: photographs with any number of faces, to train a detector on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class PhotographDataset:
    """P grey photographs with F faces. Its arrays are never written into."""

    pictures: Sequence[NDArray[np.uint8]]
    """P times H x W; 0 is black."""
    complete: NDArray[np.bool_]
    """P, true where all faces of the photograph are labelled; elsewhere, there may be others."""
    subject: NDArray[np.int64]
    """P, equal for photographs of one person or scene, which are in one fold."""
    faces: NDArray[np.float32]
    """F x 7, as in `kaggle_fkd.photo.detection.faces`."""
    picture: NDArray[np.int64]
    """F, index of the photograph that each face is in; in increasing order."""
    ignored: NDArray[np.bool_]
    """F, true for faces that are neither to be found nor background: too small, or doubtful."""
    exact_eyes: NDArray[np.bool_]
    """F, true where the eyes are labelled; elsewhere, they are where a frontal face has them."""

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: NDArray[np.bool_]) -> "PhotographDataset":
        """The photographs that a mask, P, picks, with their faces."""
        position = np.cumsum(index) - 1
        kept = index[self.picture]
        return PhotographDataset(
            [picture for picture, wanted in zip(self.pictures, index, strict=True) if wanted],
            self.complete[index], self.subject[index], self.faces[kept],
            position[self.picture[kept]], self.ignored[kept], self.exact_eyes[kept],
        )  # fmt: skip

    @cached_property
    def faces_of(self) -> list[NDArray[np.int64]]:
        """P times, the indices of the faces in each photograph."""
        bounds = np.searchsorted(self.picture, np.arange(len(self) + 1))
        return [np.arange(first, last) for first, last in pairwise(bounds)]

    def digest(self) -> str:
        """Hex sha256 of all its content."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        sha = hashlib.sha256(b"photographs")
        for picture in self.pictures:
            sha.update(f"{picture.shape}".encode())
            sha.update(np.ascontiguousarray(picture).data)
        arrays: list[NDArray[Any]] = [
            self.complete, self.subject, self.faces, self.picture, self.ignored, self.exact_eyes,
        ]  # fmt: skip
        for array in arrays:
            sha.update(f"{array.dtype} {array.shape}".encode())
            sha.update(np.ascontiguousarray(array).data)
        return sha.hexdigest()
