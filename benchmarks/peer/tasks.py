"""What the peers of `benchmarks/peers.py` are given: faces and photographs that a run held out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.held_out import held_out_photographs, pictures_of_runs
from kaggle_fkd.annotated.detection.dataset import PhotographDataset
from kaggle_fkd.annotated.detection.load import load_photographs, photograph_files
from kaggle_fkd.annotated.picture import AnnotatedPicture, load_picture
from kaggle_fkd.imaging.picture import read_picture
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.console import progress

TRAINING = 300
"""How many of the faces that the run was trained on conversions are fitted on."""


@dataclass(frozen=True)
class Faces:
    """F annotated faces, one in each picture."""

    pictures: Sequence[AnnotatedPicture]
    files: Sequence[str]
    """F, the pictures for the workers."""
    sets: NDArray[np.str_]
    """F, the name of the set of each."""

    @property
    def truth(self) -> NDArray[np.float64]:
        """F x 68 x 2 pixels."""
        return np.stack([picture.keypoints for picture in self.pictures])

    @property
    def conventions(self) -> NDArray[np.str_]:
        """F, the names of their label conventions."""
        return np.array([picture.convention for picture in self.pictures])


@dataclass(frozen=True)
class Photographs:
    """The photographs of one set, in which faces are looked for."""

    name: str
    dataset: PhotographDataset
    files: Sequence[str]
    """The pictures for the workers."""


@dataclass(frozen=True)
class Tasks:
    """What each peer is given."""

    training: Faces
    held_out: Faces
    photographs: Sequence[Photographs]
    start: str
    """The picture with which the start is measured."""


class Store:
    """A folder of pictures that the workers read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def add(self, picture: NDArray[np.uint8]) -> str:
        """The file of a picture, H x W x 3 RGB."""
        self.count += 1
        file = self.folder / f"{self.count}.npy"
        np.save(file, picture)
        return str(file)


def prepare(
    run: Run, paths: Sequence[Path], detector: tuple[Run, Sequence[Path]] | None,
    at_most: int | None, store: Store,
) -> Tasks:  # fmt: skip
    """What the run held out of its folders, and what its detector's run held out of its own.

    Without the latter, faces are looked for in the photographs of the former. `at_most` limits the
    faces and photographs of each set. Raises RunError for folders that a run was not trained on.
    """
    pictures, held_out = pictures_of_runs([run], paths)
    sets = np.array([picture.tree.path.name for picture in pictures])

    def stored(rows: NDArray[np.int64], title: str) -> Faces:
        some = [pictures[row] for row in rows]
        return Faces(some, [store.add(each.load()) for each in progress(some, title)], sets[rows])

    learnt, seen = np.flatnonzero(~held_out), np.flatnonzero(held_out)
    spread = np.linspace(0, len(learnt) - 1, min(TRAINING, len(learnt))).astype(int)
    place = pd.Series(seen).groupby(sets[seen]).cumcount().to_numpy()
    few = place < (len(seen) if at_most is None else at_most)
    photographs = load_photographs(detector[1] if detector else paths)
    if detector:
        held_out = held_out_photographs(detector[0], photographs)
    else:
        pairs = zip(pictures, held_out, strict=True)
        seen_in = {(each.tree.path, each.name) for each, out in pairs if out}
        files = [file for path in paths for file in photograph_files(path)]
        held_out = np.array([(tree.path, name) in seen_in for tree, name in files])
    return Tasks(
        stored(learnt[spread], "training faces"),
        stored(seen[few], "held-out faces"),
        photographs_of(detector[1] if detector else paths, photographs, held_out, at_most, store),
        store.add(read_picture("astronaut")),
    )


def photographs_of(
    paths: Sequence[Path], photographs: PhotographDataset, held_out: NDArray[np.bool_],
    at_most: int | None, store: Store,
) -> list[Photographs]:  # fmt: skip
    """The held-out photographs of each folder."""
    parts, start = [], 0
    for path in paths:
        files = photograph_files(path)
        rows = np.flatnonzero(held_out[start : start + len(files)])[:at_most]
        pictures = (load_picture(*files[row]) for row in rows)
        stored = [store.add(picture) for picture in progress(pictures, path.name, len(rows))]
        wanted = np.isin(np.arange(len(photographs)), start + rows)
        parts.append(Photographs(path.name, photographs[wanted], stored))
        start += len(files)
    return parts
