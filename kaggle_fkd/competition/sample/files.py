"""The four files of a competition of sample faces, with the defects of Kaggle's files."""

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
"""Share of the training rows that show the picture of another row (Kaggle: 554 of 7049)."""
_LEAKED = 0.02
"""Share of the test pictures that are training pictures, too."""
_WRONG = 0.005
"""Share of the training rows that are wrong; each kind of defect occurs at least once."""
_INCOMPLETE = (0.06, 0.005)
"""Share of the faces with missing labels, by convention (Kaggle: 144 of 2284 in A)."""
_ANNOTATION_NOISE = 0.4
"""Standard deviation of the labels around the true keypoints, in pixels."""


class _Defect(Enum):
    """The kinds of wrong training rows."""

    SWAPPED = "left and right labels are swapped"
    DISPLACED = "one label is far from its keypoint"
    NO_FACE = "the picture does not show a face"


@dataclass(frozen=True)
class SampleSize:
    """The numbers of faces in a sample competition."""

    train_a: int = 320
    """Training rows labelled in convention A."""
    train_b: int = 480
    """Training rows labelled in convention B; they follow those of A."""
    test_a: int = 90
    """Test images whose keypoints are requested in convention A."""
    test_b: int = 210
    """Test images whose keypoints are requested in convention B; they follow those of A."""

    @property
    def train(self) -> int:
        """Number of rows of training.csv."""
        return self.train_a + self.train_b

    @property
    def test(self) -> int:
        """Number of rows of test.csv."""
        return self.test_a + self.test_b


def write_sample_competition(folder: Path, size: SampleSize = SampleSize(), seed: int = 0) -> None:
    """Write the four files of the competition into `folder`, each of them atomically.

    Training row r shows face r of `sample_faces(..., seed)`, unless it repeats the picture of
    another row or does not show a face. Raises FkdError if a file cannot be written.
    """
    rng = np.random.default_rng([seed, 0, 1])  # independent of the faces', [seed, index]
    _write_lines(folder / TRAINING, _training_rows(size, seed, rng))
    _write_lines(folder / TEST, _test_rows(size, seed, rng))
    requests = [
        f"{image + 1},{KAGGLE15.feature_names[2 * keypoint + axis]}"
        for image in range(size.test)
        for keypoint in np.flatnonzero(_marked(int(image >= size.test_a), rng))
        for axis in (0, 1)
    ]
    lookup = [f"{row},{request}," for row, request in enumerate(requests, start=1)]
    _write_lines(folder / LOOKUP, ["RowId,ImageId,FeatureName,Location", *lookup])
    answers = [f"{row},0" for row in range(1, len(requests) + 1)]
    _write_lines(folder / SAMPLE_SUBMISSION, ["RowId,Location", *answers])


def _training_rows(size: SampleSize, seed: int, rng: np.random.Generator) -> Iterator[str]:
    """The header and the rows of training.csv."""
    yield ",".join([*KAGGLE15.feature_names, "Image"])
    order = rng.permutation(size.train)
    wrong, good = np.split(order, [max(len(_Defect), round(_WRONG * size.train))])
    copies, originals = np.split(good, [round(_REPEATED * size.train)])
    face_shown = np.arange(size.train)
    face_shown[copies] = rng.choice(originals, len(copies))
    defects = dict(zip(wrong.tolist(), cycle(_Defect), strict=False))
    for row in progress(range(size.train), "drawing training faces"):
        convention = int(row >= size.train_a)
        face = portrait(seed, int(face_shown[row]))
        image, labels = face.image, face.labels[convention]
        labels = labels + rng.normal(0, _ANNOTATION_NOISE, labels.shape)
        labels[~_marked(convention, rng)] = np.nan
        match defects.get(row):
            case _Defect.SWAPPED:
                labels = labels[list(KAGGLE15.flip_order)]
            case _Defect.DISPLACED:
                _displace(labels, rng)
            case _Defect.NO_FACE:
                image = empty_picture(seed, row)
        cells = ["" if np.isnan(value) else f"{value:.6f}" for value in labels.ravel()]
        yield ",".join([*cells, _pixels(image)])


def _test_rows(size: SampleSize, seed: int, rng: np.random.Generator) -> Iterator[str]:
    """The header and the rows of test.csv."""
    yield "ImageId,Image"
    face_shown = size.train + np.arange(size.test)
    leaked = rng.permutation(size.test)[: max(2, round(_LEAKED * size.test))]
    face_shown[leaked] = rng.integers(size.train, size=len(leaked))
    for image_id, face in enumerate(progress(face_shown.tolist(), "drawing test faces"), start=1):
        yield f"{image_id},{_pixels(portrait(seed, face).image)}"


def _marked(convention: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """K, true for the keypoints of one face of the convention that are labelled, or requested."""
    marked = np.zeros(len(KAGGLE15.names), bool)
    keypoints = np.array(KAGGLE15.conventions[convention].keypoints)
    marked[keypoints] = True
    if rng.random() < _INCOMPLETE[convention]:
        # A face of A loses up to four of its keypoints, a face of B only one.
        lost = rng.integers(1, 5) if convention == 0 else 1
        marked[rng.permutation(keypoints)[:lost]] = False
    return marked


def _displace(labels: NDArray[np.float64], rng: np.random.Generator) -> None:
    """Move one of the K x 2 labels, in place, by 15 to 35 pixels, as a slip of the mouse does."""
    point = rng.choice(np.flatnonzero(np.isfinite(labels[:, 0])))
    angle = rng.uniform(0, 2 * np.pi)
    labels[point] += rng.uniform(15, 35) * np.array([np.cos(angle), np.sin(angle)])


def _pixels(image: NDArray[np.uint8]) -> str:
    """The pixels of an image as in the column Image: row by row, separated by spaces."""
    return " ".join(map(str, image.ravel().tolist()))


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write the lines atomically, one by one, so that a file of any size needs little memory."""
    with atomic_path(path) as temporary, temporary.open("w", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)
