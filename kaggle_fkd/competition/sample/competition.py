"""A whole competition of sample faces: Kaggle's four files, with the oddities of the real ones."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import cycle
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.competition.archive import LOOKUP, SAMPLE_SUBMISSION, TEST, TRAINING
from kaggle_fkd.competition.sample.photograph import empty_picture, portrait
from kaggle_fkd.keypoints import KAGGLE15
from kaggle_fkd.system.console import progress
from kaggle_fkd.system.files import atomic_path

_REPEATED = 0.07
"""Share of training rows that show another row's picture (Kaggle: 554 of 7049)."""
_LEAKED = 0.02
"""Share of test pictures that are training pictures too."""
_WRONG = 0.005
"""Share of training rows that are wrong, but one of each kind at least."""
_INCOMPLETE = (0.06, 0.005)
"""Share of faces with missing labels, by convention (Kaggle: 144 of 2284 in A)."""
_ANNOTATION_NOISE = 0.4
"""Standard deviation of the labels about the true points, in pixels."""


class _Slip(Enum):
    """What can be wrong with a training row."""

    SWAPPED = "left and right labels are swapped"
    DISPLACED = "one label is far from its place"
    NO_FACE = "there is no face in the picture"


@dataclass(frozen=True)
class SampleSize:
    """How many faces a sample competition has."""

    train_a: int = 320
    """Training rows labelled in convention A."""
    train_b: int = 480
    """Training rows labelled in convention B, after A's."""
    test_a: int = 90
    """Test images asked in convention A."""
    test_b: int = 210
    """Test images asked in convention B, after A's."""

    @property
    def train(self) -> int:
        """Rows of training.csv."""
        return self.train_a + self.train_b

    @property
    def test(self) -> int:
        """Rows of test.csv."""
        return self.test_a + self.test_b


def write_sample_competition(folder: Path, size: SampleSize = SampleSize(), seed: int = 0) -> None:
    """Write the competition's files into `folder`, each of them whole or not at all.

    Training row r shows face r of `sample_faces(..., seed)`, unless it repeats another row's
    picture or shows no face. Raises FkdError when the disk refuses.
    """
    rng = np.random.default_rng([seed, 0, 1])  # faces draw from [seed, index]
    _write_lines(folder / TRAINING, _training_rows(size, seed, rng))
    _write_lines(folder / TEST, _test_rows(size, seed, rng))
    asked = [
        f"{image + 1},{KAGGLE15.feature_names[2 * keypoint + axis]}"
        for image in range(size.test)
        for keypoint in np.flatnonzero(_marked(int(image >= size.test_a), rng))
        for axis in (0, 1)
    ]
    lookup = [f"{row},{request}," for row, request in enumerate(asked, start=1)]
    _write_lines(folder / LOOKUP, ["RowId,ImageId,FeatureName,Location", *lookup])
    answers = [f"{row},0" for row in range(1, len(asked) + 1)]
    _write_lines(folder / SAMPLE_SUBMISSION, ["RowId,Location", *answers])


def _training_rows(size: SampleSize, seed: int, rng: np.random.Generator) -> Iterator[str]:
    """The header and the rows of training.csv."""
    yield ",".join([*KAGGLE15.feature_names, "Image"])
    order = rng.permutation(size.train)
    wrong, good = np.split(order, [max(len(_Slip), round(_WRONG * size.train))])
    copies, originals = np.split(good, [round(_REPEATED * size.train)])
    face_of = np.arange(size.train)
    face_of[copies] = rng.choice(originals, len(copies))
    slip_of = dict(zip(wrong.tolist(), cycle(_Slip), strict=False))
    for row in progress(range(size.train), "drawing training faces"):
        convention = int(row >= size.train_a)
        face = portrait(seed, int(face_of[row]))
        image, labels = face.image, face.labels[convention]
        labels = labels + rng.normal(0, _ANNOTATION_NOISE, labels.shape)
        labels[~_marked(convention, rng)] = np.nan
        match slip_of.get(row):
            case _Slip.SWAPPED:
                labels = labels[list(KAGGLE15.flip_order)]
            case _Slip.DISPLACED:
                _displace(labels, rng)
            case _Slip.NO_FACE:
                image = empty_picture(seed, row)
        cells = ["" if np.isnan(value) else f"{value:.6f}" for value in labels.ravel()]
        yield ",".join([*cells, _pixels(image)])


def _test_rows(size: SampleSize, seed: int, rng: np.random.Generator) -> Iterator[str]:
    """The header and the rows of test.csv."""
    yield "ImageId,Image"
    face_of = size.train + np.arange(size.test)
    leaked = rng.permutation(size.test)[: max(2, round(_LEAKED * size.test))]
    face_of[leaked] = rng.integers(size.train, size=len(leaked))
    for image_id, face in enumerate(progress(face_of.tolist(), "drawing test faces"), start=1):
        yield f"{image_id},{_pixels(portrait(seed, face).image)}"


def _marked(convention: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """K, the keypoints that are labelled, or asked for, on one face of that convention."""
    marked = np.zeros(len(KAGGLE15.names), bool)
    keypoints = np.array(KAGGLE15.conventions[convention].keypoints)
    marked[keypoints] = True
    if rng.random() < _INCOMPLETE[convention]:
        # A face of A loses up to four of its points, one of B a single one.
        lost = rng.integers(1, 5) if convention == 0 else 1
        marked[rng.permutation(keypoints)[:lost]] = False
    return marked


def _displace(labels: NDArray[np.float64], rng: np.random.Generator) -> None:
    """Move one of the labels 15 to 35 pixels away, as a slip of the hand does."""
    point = rng.choice(np.flatnonzero(np.isfinite(labels[:, 0])))
    angle = rng.uniform(0, 2 * np.pi)
    labels[point] += rng.uniform(15, 35) * np.array([np.cos(angle), np.sin(angle)])


def _pixels(image: NDArray[np.uint8]) -> str:
    return " ".join(map(str, image.ravel().tolist()))


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write the lines one by one, so that a file of any size needs little memory."""
    with atomic_path(path) as temporary, temporary.open("w", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)
