"""Kaggle's tables, read and checked cell by cell: faces, and the lookup table of what is asked."""

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kaggle_fkd.competition.archive import FETCH_AGAIN, SourceFile
from kaggle_fkd.errors import DataError
from kaggle_fkd.keypoints import KeypointScheme

SIDE = 96
"""Height and width of every image of the competition, in pixels."""
CHUNK_ROWS = 512
"""Rows held as text at a time: 17 MB, so that a larger file needs no more memory."""
LONGEST_QUOTE = 40
"""Characters of a wrong cell that a message repeats."""
REMEDY = f"correct that row, or {FETCH_AGAIN}"


@dataclass(frozen=True)
class FaceTable:
    """What one of the two CSV files holds, N rows."""

    images: NDArray[np.uint8]
    """N x 96 x 96, 0 is black."""
    keypoints: NDArray[np.float32]
    """N x K x 2, x then y in pixels, NaN where missing; all NaN for test.csv."""
    ids: NDArray[np.int64]
    """N, the row from 0 (training.csv) or the ImageId (test.csv)."""


def read_training(file: SourceFile, scheme: KeypointScheme) -> FaceTable:
    """The labelled faces; DataError names the file and the first row that is not right."""
    features = list(scheme.feature_names)
    images, labels = [], []
    for first_row, chunk in _chunks(file, [*features, "Image"]):
        labels.append(_labels(chunk[features], file, first_row))
        images.append(_pixels(chunk["Image"], file, first_row))
    keypoints = np.concatenate(labels).reshape(-1, len(scheme.names), 2)
    return FaceTable(np.concatenate(images), keypoints, np.arange(len(keypoints), dtype=np.int64))


def read_test(file: SourceFile, scheme: KeypointScheme) -> FaceTable:
    """The faces to predict; DataError as above, and for a repeated ImageId."""
    images, ids = [], []
    for first_row, chunk in _chunks(file, ["ImageId", "Image"]):
        ids.append(whole_numbers(chunk["ImageId"], file, first_row))
        images.append(_pixels(chunk["Image"], file, first_row))
    image_ids = np.concatenate(ids)
    refuse_repeats(image_ids, "ImageId", file)
    keypoints = np.full((len(image_ids), len(scheme.names), 2), np.nan, np.float32)
    return FaceTable(np.concatenate(images), keypoints, image_ids)


def read_text(file: SourceFile, columns: list[str]) -> pd.DataFrame:
    """Every row of a small table, as text, missing cells as NaN."""
    return pd.concat([chunk for _, chunk in _chunks(file, columns)])


def whole_numbers(
    cells: "pd.Series[str]", file: SourceFile, first_row: int = 0
) -> NDArray[np.int64]:
    """A column of ids as integers; DataError for anything else."""
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        wrong = ~(np.isfinite(numbers) & (numbers == np.floor(numbers)))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"{file}, {describe_row(first_row + row)}: "
            f"{cells.name} is no whole number: {shorten(cells.iloc[row])}",
            REMEDY,
        )
    return numbers.astype(np.int64)


def refuse_repeats(ids: NDArray[np.int64], name: str, file: SourceFile) -> None:
    """DataError for the first id that an earlier row has too."""
    repeated = pd.Series(ids).duplicated().to_numpy()
    if repeated.any():
        row = int(np.argmax(repeated))
        raise DataError(
            f"{file}, {describe_row(row)}: {name} {ids[row]} occurs a second time", REMEDY
        )


def describe_row(row: int) -> str:
    """How messages name a table's row: as pandas counts, and the line that an editor shows."""
    return f"row {row} (counted from 0; line {row + 2})"


def shorten(cell: object) -> str:
    """A cell as messages quote it; a row's pixels are 35 kB."""
    text = str(cell)
    return repr(text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "...")


@contextmanager
def long_rows_refused() -> Iterator[None]:
    """pandas raises ParserWarning where it reads a row longer than the header, which would lose
    cells with no more than the warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        yield


def _chunks(file: SourceFile, columns: list[str]) -> Iterator[tuple[int, pd.DataFrame]]:
    """(first row, rows as text) until the end; DataError for what is no such table."""
    rows = 0
    try:
        with file.open() as stream, long_rows_refused():
            reader = pd.read_csv(
                stream, dtype=str, keep_default_na=False, na_values=[""], index_col=False,
                chunksize=CHUNK_ROWS,
            )  # fmt: skip
            for chunk in reader:
                missing = [name for name in columns if name not in chunk.columns]
                if missing:
                    raise DataError(
                        f"{file}: column {', '.join(missing)} missing",
                        FETCH_AGAIN,
                    )
                if len(chunk):
                    yield rows, chunk
                rows += len(chunk)
    except pd.errors.EmptyDataError:
        pass
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise DataError(
            f"{file}: a row has too many cells, or an open quote ({str(error).strip()})", REMEDY
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: not a text file ({error})", FETCH_AGAIN) from error
    if rows == 0:
        raise DataError(f"{file}: empty, or only a header", FETCH_AGAIN)


def _labels(cells: pd.DataFrame, file: SourceFile, first_row: int) -> NDArray[np.float32]:
    """n x 2K coordinates, NaN for empty cells; DataError for a cell that is no finite number."""
    with np.errstate(over="ignore"):  # 1e39 becomes infinite, and is refused below
        numbers = np.stack(
            [pd.to_numeric(cells[name], errors="coerce").to_numpy(np.float32) for name in cells],
            axis=1,
        )
    wrong = ~np.isfinite(numbers) & cells.notna().to_numpy()
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise DataError(
            f"{file}, {describe_row(first_row + int(row))}: {cells.columns[column]} is no finite "
            f"number: {shorten(cells.iat[row, column])}",
            REMEDY,
        )
    return numbers


def _pixels(cells: "pd.Series[str]", file: SourceFile, first_row: int) -> NDArray[np.uint8]:
    """n x 96 x 96; DataError for a row that is not 9216 whole numbers in 0..255."""
    images = np.empty((len(cells), SIDE * SIDE), np.uint8)
    with warnings.catch_warnings():
        # numpy warns, or raises in later versions, where text is left over after the numbers.
        warnings.simplefilter("error", DeprecationWarning)
        for row, text in enumerate(cells):
            where = f"{file}, {describe_row(first_row + row)}"
            try:
                # int64, which saturates: narrower types wrap 300, 65580 or 2**32 into 0..255.
                values = np.fromstring("" if pd.isna(text) else text, np.int64, sep=" ")
            except (DeprecationWarning, ValueError):
                raise DataError(f"{where}: a pixel is no whole number", REMEDY) from None
            if values.size != SIDE * SIDE:
                raise DataError(
                    f"{where}: {values.size} pixels instead of {SIDE * SIDE} ({SIDE} x {SIDE})",
                    REMEDY,
                )
            if values.min() < 0 or values.max() > 255:
                bad = values[(values < 0) | (values > 255)][0]
                raise DataError(f"{where}: pixel {bad} is not in 0..255", REMEDY)
            images[row] = values
    return images.reshape(-1, SIDE, SIDE)


@dataclass(frozen=True)
class Lookup:
    """The R requested coordinates, in the file's order."""

    row_ids: NDArray[np.int64]
    """R, Kaggle's RowId, each once."""
    image: NDArray[np.int64]
    """R, position of the image in test.csv (not its ImageId)."""
    feature: NDArray[np.int64]
    """R, position in `scheme.feature_names`."""

    def __len__(self) -> int:
        return len(self.row_ids)

    def digest(self) -> str:
        """Hex sha256 of the table."""
        columns = np.stack([self.row_ids, self.image, self.feature])
        return hashlib.sha256(columns.tobytes()).hexdigest()

    def requested(self, images: int, scheme: KeypointScheme) -> NDArray[np.bool_]:
        """images x K, true where at least one coordinate of the keypoint is asked for."""
        asked = np.zeros((images, len(scheme.names)), bool)
        asked[self.image, self.feature // 2] = True
        return asked


def read_lookup(file: SourceFile, image_ids: NDArray[np.int64], scheme: KeypointScheme) -> Lookup:
    """The lookup table of the test images `image_ids`, N.

    DataError names the row of an unknown image or feature, a repeated RowId or one that is no
    whole number.
    """
    table = read_text(file, ["RowId", "ImageId", "FeatureName"])
    row_ids = whole_numbers(table["RowId"], file)
    refuse_repeats(row_ids, "RowId", file)
    images = pd.Index(image_ids).get_indexer(pd.Index(whole_numbers(table["ImageId"], file)))
    _refuse_unknown(images, table["ImageId"], "which test.csv does not have", file)
    names = pd.Index(scheme.feature_names)
    features = names.get_indexer(pd.Index(table["FeatureName"]))
    _refuse_unknown(features, table["FeatureName"], "which no keypoint has", file)
    return Lookup(row_ids, images.astype(np.int64), features.astype(np.int64))


def check_sample_submission(file: SourceFile, lookup: Lookup) -> None:
    """DataError when the sample submission asks for other rows than the lookup table."""
    row_ids = whole_numbers(read_text(file, ["RowId", "Location"])["RowId"], file)
    refuse_repeats(row_ids, "RowId", file)
    if not np.array_equal(np.sort(row_ids), np.sort(lookup.row_ids)):
        raise DataError(
            f"{file}: its RowIds are not those of the lookup table (another download?)",
            "delete both, and --stage download fetches them again",
        )


def _refuse_unknown(
    positions: NDArray[np.intp], cells: "pd.Series[str]", why: str, file: SourceFile
) -> None:
    if (positions < 0).any():
        row = int(np.argmax(positions < 0))
        raise DataError(
            f"{file}, {describe_row(row)}: {cells.name} {cells.iloc[row]!r}, {why}", REMEDY
        )
