"""The submission file: predictions mapped onto RowIds, written, checked and blended."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kaggle_fkd.competition.tables import Lookup, describe_row, long_rows_refused
from kaggle_fkd.errors import SubmissionError, UsageError
from kaggle_fkd.system.files import atomic_path

COLUMNS = ["RowId", "Location"]
LOWEST, HIGHEST = 0.0, 96.0
"""Where a keypoint of a 96 x 96 image can be; predictions beyond are clipped."""
REMEDY = "write it anew: --stage predict --force"


def write_submission(path: Path, lookup: Lookup, keypoints: NDArray[np.floating]) -> None:
    """Write N x K x 2 predicted keypoints as `RowId,Location`; see `write_locations`."""
    locations = keypoints.reshape(len(keypoints), -1)[lookup.image, lookup.feature]
    write_locations(path, lookup, locations)


def write_locations(path: Path, lookup: Lookup, locations: NDArray[np.floating]) -> None:
    """Write the locations of `lookup.row_ids` as a submission, sorted by RowId, and check it.

    The file appears only once it has passed; raises SubmissionError otherwise.
    """
    if not np.isfinite(locations).all():
        raise SubmissionError(
            f"{path}: the network predicts what is no finite number",
            "train again with a lower --lr, or name another run: --run",
        )
    table = pd.DataFrame(dict(zip(COLUMNS, (lookup.row_ids, locations), strict=True)))
    table["Location"] = table["Location"].clip(LOWEST, HIGHEST)
    with atomic_path(path) as temporary:
        table.sort_values("RowId").to_csv(temporary, index=False, float_format="%.4f")
        check_submission(temporary, lookup)


def check_submission(path: Path, lookup: Lookup) -> None:
    """SubmissionError unless every RowId is there once, its location finite and within 0..96."""
    table = _read(path)
    columns = ", ".join(map(str, table.columns))
    if list(table.columns) != COLUMNS:
        raise SubmissionError(f"{path}: its columns are {columns}, not RowId, Location", REMEDY)
    row_ids, location = (
        pd.to_numeric(table[name], errors="coerce").astype(np.float64) for name in COLUMNS
    )
    _refuse(path, table, row_ids.isna(), "RowId {RowId!r} is no number")
    _refuse(path, table, row_ids.duplicated(), "RowId {RowId} occurs a second time")
    unknown = ~row_ids.isin(lookup.row_ids)
    _refuse(path, table, unknown, "RowId {RowId} is not in the lookup table")
    finite = np.isfinite(location)
    _refuse(path, table, ~finite, "RowId {RowId}: location {Location!r} is no finite number")
    outside = (location < LOWEST) | (location > HIGHEST)
    _refuse(path, table, outside, "RowId {RowId}: location {Location} is not within 0..96")
    missing = np.setdiff1d(lookup.row_ids, row_ids)
    if missing.size:
        raise SubmissionError(
            f"{path}: {missing.size} of {len(lookup)} RowIds missing, the first is {missing[0]}",
            REMEDY,
        )


def read_locations(path: Path, lookup: Lookup) -> NDArray[np.float64]:
    """The locations of a checked submission, in the order of `lookup.row_ids`."""
    table = _read(path).astype(np.float64).set_index("RowId")
    return table["Location"].reindex(lookup.row_ids).to_numpy()


def _read(path: Path) -> pd.DataFrame:
    try:
        with long_rows_refused():
            return pd.read_csv(
                path, dtype=str, keep_default_na=False, na_values=[""], index_col=False
            )
    except FileNotFoundError:
        raise SubmissionError(
            f"{path}: no such file", "write one: --stage predict, or name another: --submission"
        ) from None
    except (OSError, ValueError, pd.errors.ParserWarning) as error:
        raise SubmissionError(f"{path}: no CSV file that can be read ({error})", REMEDY) from error


def _refuse(
    path: Path, table: pd.DataFrame, wrong: "pd.Series[bool] | NDArray[np.bool_]", reason: str
) -> None:
    """SubmissionError for the first row where `wrong`, described by its own cells."""
    if wrong.any():
        row = int(np.argmax(wrong))
        raise SubmissionError(
            f"{path}, {describe_row(row)}: {reason.format(**table.iloc[row])}", REMEDY
        )


def check_blend(paths: Sequence[Path], weights: Sequence[float]) -> None:
    """UsageError unless there are two files or more, and a positive weight for each, if any.

    Raises SubmissionError for a file that is not there.
    """
    if len(paths) < 2:
        raise UsageError("--stage blend: nothing to blend", "name two submissions: --blend A B")
    if weights and len(weights) != len(paths):
        raise UsageError(
            f"--weights: {len(weights)} for {len(paths)} files", "give one for each file, or none"
        )
    if not all(np.isfinite(weight) and weight > 0 for weight in weights):
        raise UsageError(f"--weights {weights}: impossible", "give numbers above 0")
    for path in paths:
        if not path.is_file():
            raise SubmissionError(f"{path}: no such file", "name another: --blend")


def blend_submissions(
    paths: Sequence[Path], weights: Sequence[float], lookup: Lookup
) -> NDArray[np.float64]:
    """R locations in the order of `lookup.row_ids`: the mean of the files with these weights.

    Equal weights when there are none. Raises SubmissionError for a file that is not valid.
    """
    for path in paths:
        check_submission(path, lookup)
    columns = [read_locations(path, lookup) for path in paths]
    return np.asarray(np.average(columns, axis=0, weights=list(weights) or None))
