"""`Crops`: random square parts of photographs, in which a face has any size and any roll."""

import math
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kaggle_fkd.annotated.detection.dataset import PhotographDataset
from kaggle_fkd.annotated.detection.texture import texture
from kaggle_fkd.config import DetectConfig
from kaggle_fkd.imaging.chips import cut_chip
from kaggle_fkd.photo.detection.faces import CENTRE, EYE_POINTS, SIZE, transform_faces

MIN_SHARE_OF_SIZE = 0.8
"""Faces smaller than this share of `detect.smallest`, and as much larger than `detect.largest`, are
ignored."""
MAX_FACES = 24
"""Faces of one crop; the background of a crop with more is left out of the loss."""
MAX_GROWTH = 2.0
"""A photograph is enlarged by at most this factor: a face is not sharp then."""
MARGIN = 0.05
"""The face around which a crop is cut is at least this share of the crop away from its border."""
SEEN = 0.6
"""A face whose centre is further outside than this share of its size cannot be seen."""
COVERED = 0.45
"""A cover begins this far below the eyes, in distances between them, and hides what is below."""


@dataclass(frozen=True)
class Batch:
    """N crops with F faces each at most."""

    images: Tensor
    """N x S x S uint8."""
    faces: Tensor
    """N x F x 7, as in `PhotographDataset`; 0 for padding."""
    labelled: Tensor
    """N x F, false for padding."""
    ignored: Tensor
    """N x F, true for faces that are neither to be found nor background."""
    exact_eyes: Tensor
    """N x F, true where the eyes are labelled."""
    complete: Tensor
    """N, true where all faces are labelled."""

    @classmethod
    def stack(cls, crops: "list[Crop]") -> Self:
        """The crops as tensors."""
        faces = np.zeros((len(crops), MAX_FACES, 7), np.float32)
        flags = np.zeros((3, len(crops), MAX_FACES), bool)
        for index, crop in enumerate(crops):
            count = len(crop.faces)
            faces[index, :count] = crop.faces
            for flag, values in zip(flags, (True, crop.ignored, crop.exact_eyes), strict=True):
                flag[index, :count] = values
        images = np.stack([crop.image for crop in crops])
        complete = np.array([crop.complete for crop in crops])
        tensors = map(torch.from_numpy, (images, faces, *flags, complete))
        return cls(*tensors)


@dataclass(frozen=True)
class Crop:
    """One crop with its faces."""

    image: NDArray[np.uint8]
    """S x S."""
    faces: NDArray[np.float32]
    """F x 7."""
    ignored: NDArray[np.bool_]
    """F."""
    exact_eyes: NDArray[np.bool_]
    """F."""
    complete: bool
    """Whether all faces in it are labelled."""


class Crops:
    """Examples of photographs: one around each face, and some of each picture without faces."""

    def __init__(self, photographs: PhotographDataset, config: DetectConfig) -> None:
        self.photographs, self.config = photographs, config
        self.around = np.flatnonzero(~photographs.ignored)
        """The faces that are to be found."""
        counts = np.bincount(photographs.picture, minlength=len(photographs))
        self.empty = np.flatnonzero((counts == 0) & photographs.complete)
        """The photographs without faces."""

    def __len__(self) -> int:
        """The number of examples in an epoch."""
        return len(self.around) + self.config.backgrounds * len(self.empty)

    def make(self, index: int, random: np.random.Generator) -> Crop:
        """The crop of that number, otherwise random."""
        config, photographs = self.config, self.photographs
        if index < len(self.around):
            face = photographs.faces[self.around[index]]
            picture = int(photographs.picture[self.around[index]])
            wanted = math.exp(random.uniform(math.log(config.smallest), math.log(config.largest)))
            scale = min(wanted / float(face[SIZE]), MAX_GROWTH)
            centre = face[CENTRE]
            target = random.uniform(MARGIN, 1 - MARGIN, 2) * config.crop
        elif random.random() < config.texture:
            return _without_faces(texture(config.crop, random))
        else:
            picture = int(self.empty[(index - len(self.around)) % len(self.empty)])
            height, width = photographs.pictures[picture].shape
            scale = math.exp(random.uniform(math.log(0.25), math.log(1.5)))
            centre = random.uniform(0, 1, 2) * (width, height)
            target = np.full(2, config.crop / 2)
        any_roll = random.random() < config.any_roll
        roll = random.uniform(-180, 180) if any_roll else random.normal(0, config.roll)
        mirrored = random.random() < 0.5
        matrix = _similarity(centre, target, scale, math.radians(roll), mirrored)
        source = photographs.pictures[picture]
        image = cut_chip(source, matrix, config.crop, self._around(random))
        rows = photographs.faces_of[picture]
        faces = transform_faces(matrix, photographs.faces[rows])
        return self._crop(image, faces, rows, picture, random)

    def batch(self, index: Tensor, generator: torch.Generator) -> Batch:
        """The crops at `index`; the generator seeds the random numbers of each."""
        seeds = torch.randint(2**62, (len(index),), generator=generator)
        return Batch.stack([
            self.make(int(each), np.random.default_rng(int(seed)))
            for each, seed in zip(index.cpu(), seeds, strict=True)
        ])  # fmt: skip

    def _crop(
        self, image: NDArray[np.uint8], faces: NDArray[np.float32], rows: NDArray[np.int64],
        picture: int, random: np.random.Generator,
    ) -> Crop:  # fmt: skip
        """The crop with the faces that can be seen in it, some of them covered in part."""
        config, photographs = self.config, self.photographs
        size, centre = faces[:, SIZE], faces[:, CENTRE]
        beyond = np.maximum(-centre, centre - config.crop).max(axis=1, initial=-np.inf)
        seen = beyond < SEEN * size
        complete = bool(photographs.complete[picture]) and seen.sum() <= MAX_FACES
        kept = np.flatnonzero(seen)[:MAX_FACES]
        unsuitable = (size < MIN_SHARE_OF_SIZE * config.smallest) | (beyond >= 0)
        unsuitable |= size > config.largest / MIN_SHARE_OF_SIZE
        ignored = photographs.ignored[rows] | unsuitable
        for face in kept[~ignored[kept]]:
            if random.random() < config.cover:
                _cover(image, faces[face], random)
        return Crop(image, faces[kept], ignored[kept], photographs.exact_eyes[rows][kept], complete)

    def _around(self, random: np.random.Generator) -> NDArray[np.uint8]:
        """S x S, what is outside of the photograph: a grey, or part of one without faces."""
        if len(self.empty) and random.random() < self.config.backdrop:
            return self._backdrop(random)
        return np.full((self.config.crop, self.config.crop), random.integers(256), np.uint8)

    def _backdrop(self, random: np.random.Generator) -> NDArray[np.uint8]:
        """S x S of a photograph without faces."""
        side = self.config.crop
        picture = self.photographs.pictures[int(random.choice(self.empty))]
        scale = side / min(picture.shape) * random.uniform(1, 2)
        height, width = (max(side, round(scale * length)) for length in picture.shape)
        large = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        y, x = random.integers(height - side + 1), random.integers(width - side + 1)
        return np.array(large[y : y + side, x : x + side], np.uint8)


def _without_faces(image: NDArray[np.uint8]) -> Crop:
    nothing = np.zeros(0, bool)
    return Crop(image, np.zeros((0, 7), np.float32), nothing, nothing, complete=True)


def _similarity(
    centre: NDArray[np.floating], target: NDArray[np.floating], scale: float, roll: float,
    mirrored: bool,
) -> NDArray[np.float64]:  # fmt: skip
    """2 x 3, moves `centre` to `target`, scaled, rotated by `roll` radians, mirrored before."""
    cosine, sine = scale * math.cos(roll), scale * math.sin(roll)
    linear = np.array([[cosine, -sine], [sine, cosine]])
    if mirrored:
        linear = linear * (-1, 1)
    return np.column_stack([linear, target - linear @ centre])


def _cover(
    image: NDArray[np.uint8], face: NDArray[np.float32], random: np.random.Generator
) -> None:
    """Cover a part of the face: what is below the eyes, as a mask does, or a square anywhere."""
    grey = int(random.integers(256))
    if random.random() < 0.5:
        right, left = face[EYE_POINTS].reshape(2, 2)
        along = left - right
        middle, down = (right + left) / 2, np.array([-along[1], along[0]])
        top, bottom = middle + COVERED * down, middle + 1.7 * down
        corners = [top - 0.9 * along, top + 0.9 * along, bottom + 0.7 * along, bottom - 0.7 * along]
        cv2.fillConvexPoly(image, np.round(corners).astype(np.int32), grey)
    else:
        half = random.uniform(0.2, 0.45) * face[SIZE]
        middle = face[CENTRE] + random.uniform(-0.5, 0.5, 2) * face[SIZE]
        low, high = np.round(middle - half).astype(int), np.round(middle + half).astype(int)
        cv2.rectangle(image, low.tolist(), high.tolist(), grey, -1)
