"""`FaceDataset`: the faces and keypoints that all parts exchange."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.keypoints import KeypointScheme


@dataclass(frozen=True)
class FaceDataset:
    """N grey faces with K keypoints each. Its arrays are never written into."""

    scheme: KeypointScheme
    """What the K keypoints are."""
    images: NDArray[np.uint8]
    """N x H x W, 0 is black; may be memory-mapped."""
    keypoints: NDArray[np.float32]
    """N x K x 2, x then y in pixels, pixel centres at integer coordinates, NaN where missing."""
    convention: NDArray[np.int8]
    """N, index into `scheme.conventions`."""
    ids: NDArray[np.int64]
    """N, how the source numbers each face: the row of training.csv from 0, or Kaggle's ImageId."""
    weight: NDArray[np.float32] | None = None
    """N, the weight of each face in the training; None: all are weighted equally."""
    subject: NDArray[np.int64] | None = None
    """N, the person shown, if the source names them: all faces of a person are in one fold."""
    predicted: NDArray[np.bool_] | None = None
    """N, whether a network predicted the keypoints: such faces are trained on, and never held out.
    None: people marked, or checked, all of them."""
    margin: int = 0
    """Pixels at each side of the images that only augmentation uses; networks take `inner()`."""

    def __post_init__(self) -> None:
        n, k = len(self.images), len(self.scheme.names)
        shapes = (self.keypoints.shape, self.convention.shape, self.ids.shape)
        if self.images.ndim != 3 or shapes != ((n, k, 2), (n,), (n,)):
            raise ValueError(f"shapes do not agree: images {self.images.shape}, others {shapes}")
        for name in ("weight", "subject", "predicted"):
            values = getattr(self, name)
            if values is not None and values.shape != (n,):
                raise ValueError(f"{name} has the shape {values.shape}: {n} faces need {(n,)}")

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: slice | NDArray[np.integer] | NDArray[np.bool_]) -> "FaceDataset":
        """The faces that `index` picks (a slice, positions or a mask), in that order.

        TypeError for a single position.
        """
        if isinstance(index, Integral):
            raise TypeError(
                f"faces[{index}]: use faces[{index}:{int(index) + 1}], a set of one face"
            )
        return replace(
            self,
            images=self.images[index],
            keypoints=self.keypoints[index],
            convention=self.convention[index],
            ids=self.ids[index],
            weight=None if self.weight is None else self.weight[index],
            subject=None if self.subject is None else self.subject[index],
            predicted=None if self.predicted is None else self.predicted[index],
        )

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of every image, in pixels, with the margin."""
        return self.images.shape[1], self.images.shape[2]

    @cached_property
    def positions(self) -> dict[int, int]:
        """The position of each face, by its id."""
        return {int(id_): position for position, id_ in enumerate(self.ids)}

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """N x K, true where both coordinates are known."""
        return np.asarray(np.isfinite(self.keypoints).all(axis=2))

    def where_labelled(self, predicted: NDArray[np.floating]) -> NDArray[np.floating]:
        """Values of the keypoints, N x K x ..., with NaN for those that are not labelled."""
        return np.where(self.labelled[..., None], predicted, np.nan)

    @property
    def marked(self) -> NDArray[np.bool_]:
        """N x K, true where the face's convention marks the keypoint, labelled or not."""
        marks = np.zeros((len(self.scheme.conventions), len(self.scheme.names)), bool)
        for index, convention in enumerate(self.scheme.conventions):
            marks[index, list(convention.keypoints)] = True
        return marks[self.convention]

    def mean_keypoints(self) -> NDArray[np.float32]:
        """K x 2, where the keypoints lie on average; NaN for those that no face has."""
        mean = np.ma.masked_invalid(self.keypoints).mean(axis=0)
        return np.ma.filled(mean, np.nan).astype(np.float32)

    def in_convention(self, convention: int) -> "FaceDataset":
        """The faces labelled in that convention, in their order.

        ValueError for a convention that is not an index into `scheme.conventions`.
        """
        if convention not in range(len(self.scheme.conventions)):
            names = ", ".join(
                f"{i} ({each.name})" for i, each in enumerate(self.scheme.conventions)
            )
            raise ValueError(f"there is no convention {convention!r}: choose one of {names}")
        return self[self.convention == convention]

    def flipped(self) -> "FaceDataset":
        """The mirror images: x becomes W - 1 - x (95 - x at 96 pixels), left and right swap."""
        keypoints = self.scheme.mirrored(self.keypoints, self.size[1])
        return replace(self, images=self.images[:, :, ::-1], keypoints=keypoints)

    def inner(self) -> "FaceDataset":
        """The faces as the input of a network: without their margin."""
        if self.margin == 0:
            return self
        seen = slice(self.margin, -self.margin)
        return replace(
            self,
            images=self.images[:, seen, seen],
            keypoints=self.keypoints - np.float32(self.margin),
            margin=0,
        )

    def repeat_groups(self) -> NDArray[np.int64]:
        """N, equal numbers for faces that share an image, byte by byte, or a subject.

        Faces that a chain of others connects in this way are in one group; folds keep it together.
        """
        return self._repeat_groups

    @cached_property
    def _repeat_groups(self) -> NDArray[np.int64]:
        # Cached: a report asks for it with every score, and it reads all images.
        _, image = np.unique(image_digests(self.images), return_inverse=True)
        if self.subject is None:
            return image.astype(np.int64)
        return connected(image, self.subject)

    def digest(self) -> str:
        """Hex sha256 of all its content: what a run was trained on, wherever the files are."""
        return self._digest

    @cached_property
    def _digest(self) -> str:
        sha = hashlib.sha256(self.scheme.name.encode())
        arrays: list[NDArray[Any]] = [self.images, self.keypoints, self.convention, self.ids]
        optional = (self.weight, self.subject, self.predicted)
        arrays += [array for array in optional if array is not None]
        for array in arrays:
            sha.update(f"{array.dtype} {array.shape}".encode())
            sha.update(np.ascontiguousarray(array).data)
        if self.margin:
            sha.update(f"margin {self.margin}".encode())
        return sha.hexdigest()


def image_digests(images: NDArray[np.uint8]) -> NDArray[np.bytes_]:
    """N, equal for those of N images that have the same bytes."""
    digests = [hashlib.blake2b(image.tobytes()).digest() for image in images]
    return np.array(digests, dtype="S64")


def connected(first: NDArray[np.integer], second: NDArray[np.integer]) -> NDArray[np.int64]:
    """N, equal numbers where either label is the same, or a chain of such faces connects.

    Numbered in the order of their first faces, so that folds are the same for chips of any size.
    """
    import pandas as pd
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    # Each face is an edge between the node of its first label and that of its second.
    labels, first = np.unique(first, return_inverse=True)
    others, second = np.unique(second, return_inverse=True)
    nodes = len(labels) + len(others)
    edges = coo_array((np.ones(len(first)), (first, second + len(labels))), shape=(nodes, nodes))
    _, component = connected_components(edges, directed=False)
    return np.asarray(pd.factorize(component[first])[0], np.int64)
