"""The competition's checked data: training faces, test faces and the lookup table."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.competition.archive import (
    FETCH_AGAIN,
    LOOKUP,
    SAMPLE_SUBMISSION,
    TEST,
    TRAINING,
    SourceFile,
    find_files,
)
from kaggle_fkd.competition.cache import CACHE, load_cached, save_cached
from kaggle_fkd.competition.lookup import Lookup, check_sample_submission, read_lookup
from kaggle_fkd.competition.tables import FaceTable, read_test, read_training
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError
from kaggle_fkd.imaging.sample_mark import has_mark
from kaggle_fkd.keypoints import KAGGLE15, KeypointScheme
from kaggle_fkd.system.console import log
from kaggle_fkd.system.text import count_of

KAGGLE_ROWS = {TRAINING: 7049, TEST: 1783, LOOKUP: 27124}
"""Row counts of Kaggle's own files."""
FEW_ROWS = 40
"""Below this number of faces per convention, its validation score is unreliable."""


@dataclass(frozen=True)
class Competition:
    """All data of the competition, checked."""

    train: FaceDataset
    """The labelled faces; their ids are the rows of training.csv from 0."""
    test: FaceDataset
    """The faces to predict; their convention is the one that the lookup table asks for."""
    lookup: Lookup
    """What a submission has to contain."""
    is_sample: bool
    """True if any of them is a sample face: predictions must then never be uploaded."""

    @cached_property
    def test_digest(self) -> str:
        """Hex sha256 of the test faces and of the lookup table."""
        return hashlib.sha256((self.test.digest() + self.lookup.digest()).encode()).hexdigest()


def load_competition(data_dir: Path | str) -> Competition:
    """Read and check every file and every row; later calls map the cache of `data_dir`.

    Raises NoDataError if there are no data, DataError for the first thing that is wrong.
    """
    data_dir = Path(data_dir)
    files, scheme = find_files(data_dir), KAGGLE15
    training = _read(files[TRAINING], data_dir, read_training, scheme)
    test = _read(files[TEST], data_dir, read_test, scheme)
    lookup = read_lookup(files[LOOKUP], test.ids, scheme)
    if SAMPLE_SUBMISSION in files:
        check_sample_submission(files[SAMPLE_SUBMISSION], lookup)
    labelled = np.asarray(np.isfinite(training.keypoints).any(axis=2))
    competition = Competition(
        train=_faces(training, labelled, scheme),
        test=_faces(test, lookup.requested(), scheme),
        lookup=lookup,
        is_sample=any(has_mark(table.images).any() for table in (training, test)),
    )
    _report_oddities(competition)
    return competition


def _read(
    file: SourceFile,
    data_dir: Path,
    read: Callable[[SourceFile, KeypointScheme], FaceTable],
    scheme: KeypointScheme,
) -> FaceTable:
    """The table from its cache, or parsed, checked and cached.

    Raises DataError if the file is changed while it is read.
    """
    folder, stamp = data_dir / CACHE / Path(file.name).stem, file.stamp()
    table = load_cached(folder, stamp, scheme.name)
    if table is None:
        log.info("reading %s", file)
        table = read(file, scheme)
        if file.stamp() != stamp:
            raise DataError(f"{file}: it was changed while it was read", "repeat the command")
        save_cached(folder, stamp, scheme.name, table)
    return table


def _faces(table: FaceTable, marked: NDArray[np.bool_], scheme: KeypointScheme) -> FaceDataset:
    """The table's faces; `marked`, N x K, is true for keypoints that are labelled or requested."""
    return FaceDataset(
        scheme, table.images, table.keypoints, scheme.conventions_from_marks(marked), table.ids
    )


def _report_oddities(competition: Competition) -> None:
    """Warn of what is unusual, with counts; DataError only if no row has a keypoint."""
    train, scheme = competition.train, competition.train.scheme
    if not train.labelled.any():
        raise DataError(f"{TRAINING}: no row has a keypoint", FETCH_AGAIN)
    height, width = train.size
    outside = (train.keypoints < 0) | (train.keypoints > (width - 1, height - 1))
    if outside.any():
        log.warning(
            "%s: %d of %d coordinates lie outside the image (in %s); they are kept",
            TRAINING, outside.sum(), np.isfinite(train.keypoints).sum(),
            count_of(outside.any(axis=(1, 2)).sum(), "row"),
        )  # fmt: skip
    rows = {TRAINING: len(train), TEST: len(competition.test), LOOKUP: len(competition.lookup)}
    if rows != KAGGLE_ROWS and not competition.is_sample:
        counts = [f"{name} {count} ({KAGGLE_ROWS[name]})" for name, count in rows.items()]
        log.info("rows, with Kaggle's own number in brackets: %s", ", ".join(counts))
    for index, convention in enumerate(scheme.conventions):
        count = int((train.convention == index).sum())
        if count < FEW_ROWS:
            log.warning(
                "%s: only %s of convention %s, so its validation score is unreliable",
                TRAINING, count_of(count, "face"), convention.name,
            )  # fmt: skip
