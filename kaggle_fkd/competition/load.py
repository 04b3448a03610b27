"""The competition as the stages see it: training faces, test faces and the lookup table, cached."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.competition.archive import (
    BUNDLE,
    FETCH_AGAIN,
    LOOKUP,
    SAMPLE_SUBMISSION,
    TEST,
    TRAINING,
    SourceFile,
    find_competition_files,
)
from kaggle_fkd.competition.tables import (
    FaceTable,
    Lookup,
    check_sample_submission,
    read_lookup,
    read_test,
    read_training,
)
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError, FkdError, NoDataError
from kaggle_fkd.keypoints import KAGGLE15, KeypointScheme
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import atomic_path, read_json_or_empty, sha256_of, write_json

FORMAT = 1
"""Raised when parsing or checking changes, so that older caches are made anew."""
ARRAYS = ("images", "keypoints", "ids")
RECEIPT = "source.json"
MANIFEST = "manifest.json"
"""DATA_DIR/manifest.json says where the data came from, with the sha256 of each file."""
CACHE = "cache"
MOUNT = Path("/kaggle/input")
"""Kaggle's notebooks mount a competition's data in some folder below this one."""
KAGGLE_ROWS = {TRAINING: 7049, TEST: 1783, LOOKUP: 27124}
FEW_ROWS = 40
"""With fewer faces of a convention than this a validation fold says little."""


def load_cached(folder: Path, file: SourceFile, scheme: str) -> FaceTable | None:
    """The table parsed from exactly this file (same place, size and mtime) and scheme, or None."""
    if read_json_or_empty(folder / RECEIPT) != _receipt(file, scheme):
        return None
    try:
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS}
    except (OSError, ValueError, EOFError):
        return None  # damaged: the source is read again
    return FaceTable(**arrays)


def save_cached(folder: Path, file: SourceFile, scheme: str, table: FaceTable) -> None:
    """Keep a checked table; a folder that cannot be written to costs a notice, not the run."""
    try:
        # The receipt goes first and comes last, so that a killed run leaves no half cache.
        (folder / RECEIPT).unlink(missing_ok=True)
        for name in ARRAYS:
            with atomic_path(folder / f"{name}.npy") as temporary:
                np.save(temporary, getattr(table, name))
        write_json(folder / RECEIPT, _receipt(file, scheme))
    except (FkdError, OSError) as error:
        log.info("%s is not cached, so later stages read it anew: %s", file.name, error)


def _receipt(file: SourceFile, scheme: str) -> dict[str, object]:
    return {"format": FORMAT, "scheme": scheme, "source": file.stamp()}


@dataclass(frozen=True)
class Competition:
    """Everything the competition provides, checked."""

    train: FaceDataset
    """The labelled faces; their ids are the rows of training.csv from 0."""
    test: FaceDataset
    """The faces to predict; their convention is the one the lookup table asks for."""
    lookup: Lookup
    """What a submission has to contain."""
    is_sample: bool
    """True for generated sample faces, which must never be uploaded."""

    @cached_property
    def train_digest(self) -> str:
        """Hex sha256 of the training faces and labels."""
        return self.train.digest()

    @cached_property
    def test_digest(self) -> str:
        """Hex sha256 of the test faces and of what is asked of them."""
        return hashlib.sha256((self.test.digest() + self.lookup.digest()).encode()).hexdigest()


def find_files(data_dir: Path) -> dict[str, SourceFile]:
    """The competition's files, in `data_dir` or where Kaggle mounts them.

    Raises NoDataError when there are none, DataError when they are incomplete or damaged.
    """
    try:
        return find_competition_files(data_dir)
    except NoDataError:
        for name in (LOOKUP, BUNDLE):
            for path in sorted(MOUNT.rglob(name)):
                return find_competition_files(path.parent)
        raise


def load_competition(data_dir: Path, scheme: KeypointScheme = KAGGLE15) -> Competition:
    """Read and check every file, every row; later calls map the cache of `data_dir`.

    Raises NoDataError when there is no data, DataError for the first thing that is wrong.
    """
    files = find_files(data_dir)
    training = _read(files[TRAINING], data_dir, read_training, scheme)
    test = _read(files[TEST], data_dir, read_test, scheme)
    lookup = read_lookup(files[LOOKUP], test.ids, scheme)
    if SAMPLE_SUBMISSION in files:
        check_sample_submission(files[SAMPLE_SUBMISSION], lookup)
    labelled = np.asarray(np.isfinite(training.keypoints).any(axis=2))
    competition = Competition(
        train=_faces(training, labelled, scheme),
        test=_faces(test, lookup.requested(len(test.ids), scheme), scheme),
        lookup=lookup,
        is_sample=sample_recipe(data_dir) is not None,
    )
    _say_what_is_unusual(competition)
    return competition


def sample_recipe(data_dir: Path) -> dict[str, Any] | None:
    """How the sample faces in `data_dir` were generated; None for any other data."""
    recipe: dict[str, Any] | None = read_json_or_empty(data_dir / MANIFEST).get("sample_recipe")
    return recipe


def unchanged_since_manifest(data_dir: Path) -> bool:
    """True when all files are as the manifest has them: same place, size and time."""
    files = read_json_or_empty(data_dir / MANIFEST).get("files", [])
    try:
        recorded = [file["source"] for file in files]
        return all(SourceFile(path).stamp() in recorded for path in _paths(data_dir))
    except (DataError, TypeError, KeyError):
        return False


def write_manifest(data_dir: Path, recipe: Mapping[str, Any] | None = None) -> None:
    """Record the files now in use: where they lie, size, time and sha256.

    `recipe` is how sample faces were generated; the real data have none. A folder that cannot be
    written to costs a notice.
    """
    files = [
        {"source": SourceFile(path).stamp(), "sha256": sha256_of(path)} for path in _paths(data_dir)
    ]
    try:
        write_json(data_dir / MANIFEST, {"sample_recipe": recipe, "files": files})
    except FkdError as error:
        log.info("no manifest: %s", error)


def _paths(data_dir: Path) -> list[Path]:
    """The files on disk, each once."""
    return sorted({file.path for file in find_files(data_dir).values()})


def _read(
    file: SourceFile,
    data_dir: Path,
    read: Callable[[SourceFile, KeypointScheme], FaceTable],
    scheme: KeypointScheme,
) -> FaceTable:
    """The table from its cache, or parsed, checked and cached."""
    folder = data_dir / CACHE / Path(file.name).stem
    table = load_cached(folder, file, scheme.name)
    if table is None:
        log.info("reading %s", file)
        table = read(file, scheme)
        save_cached(folder, file, scheme.name, table)
    return table


def _faces(table: FaceTable, marked: NDArray[np.bool_], scheme: KeypointScheme) -> FaceDataset:
    return FaceDataset(
        scheme, table.images, table.keypoints, scheme.conventions_from_marks(marked), table.ids
    )


def _say_what_is_unusual(competition: Competition) -> None:
    """Notices and counted warnings; DataError only where no row has a keypoint."""
    train, scheme = competition.train, competition.train.scheme
    if not train.labelled.any():
        raise DataError(f"{TRAINING}: no row has a keypoint", FETCH_AGAIN)
    height, width = train.size
    outside = (train.keypoints < 0) | (train.keypoints > (width - 1, height - 1))
    if outside.any():
        log.warning(
            "%s: %d of %d coordinates lie outside the image (in %d rows); they are kept",
            TRAINING, outside.sum(), np.isfinite(train.keypoints).sum(),
            outside.any(axis=(1, 2)).sum(),
        )  # fmt: skip
    rows = {TRAINING: len(train), TEST: len(competition.test), LOOKUP: len(competition.lookup)}
    if rows != KAGGLE_ROWS and not competition.is_sample:
        counts = [f"{name} {count} ({KAGGLE_ROWS[name]})" for name, count in rows.items()]
        log.info("rows, in brackets Kaggle's own number: %s", ", ".join(counts))
    for index, convention in enumerate(scheme.conventions):
        count = int((train.convention == index).sum())
        if count < FEW_ROWS:
            log.warning(
                "%s: only %d faces of convention %s; validation will say little",
                TRAINING, count, convention.name,
            )  # fmt: skip
