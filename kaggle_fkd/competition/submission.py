"""The submission file: predicted coordinates by RowId, written, read and checked."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kaggle_fkd.competition.lookup import Lookup
from kaggle_fkd.competition.tables import MAX_ID, SIDE, long_rows_rejected
from kaggle_fkd.errors import SubmissionError
from kaggle_fkd.system.files import atomic_path, sha256_of
from kaggle_fkd.system.reading import read_csv_file
from kaggle_fkd.system.text import describe_row

COLUMNS = ["RowId", "Location"]
LOWEST, HIGHEST = 0.0, float(SIDE)
"""Valid range of a coordinate, in pixels; predictions outside it are clipped."""
MAX_CLIPPED = 0.01
"""A larger share of locations outside the image indicates a network that has not learnt."""
MAX_BYTES = 1 << 26
"""A larger file is not a submission, which has half a megabyte."""
REMEDY = "correct the file, or let the predict stage write it again"


@dataclass(frozen=True)
class Submission:
    """The content of a submission file: R locations by RowId."""

    row_ids: NDArray[np.int64]
    """R, Kaggle's RowId, each once."""
    locations: NDArray[np.float64]
    """R, a coordinate in pixels, within 0..96."""


def write_submission(
    path: Path | str,
    lookup: Lookup,
    predicted: NDArray[np.floating],
    record: Callable[[str], None] | None = None,
) -> None:
    """Write predicted keypoints as `RowId,Location`; see `write_locations`.

    They are N x K x 2, or N x K x 3 with their expected errors, which are left out. Raises
    UsageError for those of other images.
    """
    write_locations(Path(path), lookup.row_ids, lookup.locations(predicted), record)


def write_locations(
    path: Path,
    row_ids: NDArray[np.int64],
    locations: NDArray[np.floating],
    record: Callable[[str], None] | None = None,
) -> None:
    """Write R locations as a submission, clipped to 0..96, sorted by RowId, and check it.

    The file appears only once it has passed the check; raises SubmissionError otherwise. `record`
    is called with its sha256 before: a killed process leaves no submission without its record.
    """
    if not np.isfinite(locations).all():
        raise SubmissionError(
            f"{path} was not written: the predictions are not all finite numbers",
            "train again with a lower train.lr, or predict with another run",
        )
    table = pd.DataFrame({"RowId": row_ids, "Location": locations.clip(LOWEST, HIGHEST)})
    with atomic_path(path) as temporary:
        table.sort_values("RowId").to_csv(temporary, index=False, float_format="%.4f")
        _require_row_ids(path, _parse(path, _read(temporary)), row_ids)
        if record is not None:
            record(sha256_of(temporary))


def clipped_share(locations: NDArray[np.floating]) -> float:
    """Share, 0 to 1, of the known locations that are at the border of 0..96 after clipping.

    `locations` is an array of coordinates of any shape, in pixels, clipped or not, NaN where
    unknown.
    """
    known = locations[np.isfinite(locations)]
    return float(((known <= LOWEST) | (known >= HIGHEST)).mean()) if known.size else 0.0


def check_submission(path: Path | str, lookup: Lookup) -> Submission:
    """The submission in a valid file with every RowId of the lookup table once.

    Raises SubmissionError for any other file.
    """
    path = Path(path)
    table = _read(path)
    submission = _parse(path, table)
    unknown = ~np.isin(submission.row_ids, lookup.row_ids)
    _reject(path, table, unknown, "RowId {RowId} is not in the lookup table")
    _require_row_ids(path, submission, lookup.row_ids)
    return submission


def read_submission(path: Path) -> Submission:
    """A submission that is valid by itself, in ascending order of the RowIds.

    Raises SubmissionError unless its columns are right, every RowId is an integer that occurs once,
    and every location is a finite number within 0..96.
    """
    submission = _parse(path, _read(path))
    if not len(submission.row_ids):
        raise SubmissionError(f"{path} has no rows", REMEDY)
    order = np.argsort(submission.row_ids)
    return Submission(submission.row_ids[order], submission.locations[order])


def _read(path: Path) -> pd.DataFrame:
    """The rows as text, empty cells as NaN."""
    try:
        with long_rows_rejected():
            return read_csv_file(
                path, MAX_BYTES, dtype=str, keep_default_na=False, na_values=[""], index_col=False,
            )  # fmt: skip
    except FileNotFoundError:
        raise SubmissionError(
            f"{path}: no such file", "run the predict stage, or name another submission"
        ) from None
    except (OSError, ValueError, pd.errors.ParserWarning) as error:
        raise SubmissionError(f"{path} cannot be read as a CSV file ({error})", REMEDY) from error


def _parse(path: Path, table: pd.DataFrame) -> Submission:
    """The submission in the file's order; SubmissionError for a column or cell that is invalid."""
    if list(table.columns) != COLUMNS:
        columns = ", ".join(map(str, table.columns))
        raise SubmissionError(f"{path}: its columns are {columns}, not RowId, Location", REMEDY)
    row_ids, locations = (
        pd.to_numeric(table[name], errors="coerce").to_numpy(np.float64) for name in COLUMNS
    )
    whole = (np.abs(row_ids) < MAX_ID) & (row_ids == np.floor(row_ids))
    _reject(path, table, ~whole, "RowId {RowId!r} is not a whole number")
    repeated = pd.Series(row_ids).duplicated().to_numpy()
    _reject(path, table, repeated, "RowId {RowId} occurs a second time")
    finite = np.isfinite(locations)
    _reject(path, table, ~finite, "RowId {RowId}: location {Location!r} is not a finite number")
    outside = (locations < LOWEST) | (locations > HIGHEST)
    _reject(path, table, outside, "RowId {RowId}: location {Location} is not within 0..96")
    return Submission(row_ids.astype(np.int64), locations)


def _require_row_ids(path: Path, submission: Submission, row_ids: NDArray[np.int64]) -> None:
    """SubmissionError if one of the R `row_ids` is missing."""
    missing = np.setdiff1d(row_ids, submission.row_ids)
    if missing.size:
        raise SubmissionError(
            f"{path}: {missing.size} of {len(row_ids)} RowIds missing, the first is {missing[0]}",
            REMEDY,
        )


def _reject(path: Path, table: pd.DataFrame, wrong: NDArray[np.bool_], reason: str) -> None:
    """SubmissionError for the first row where `wrong`, described by its own cells."""
    if wrong.any():
        row = int(np.argmax(wrong))
        raise SubmissionError(
            f"{path}, {describe_row(row)}: {reason.format(**table.iloc[row])}", REMEDY
        )
