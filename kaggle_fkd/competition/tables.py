"""Kaggle's tables of faces, and how every table is read: as text, checked cell by cell."""

import codecs
import io
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kaggle_fkd.competition.archive import FETCH_AGAIN, SourceFile
from kaggle_fkd.errors import DataError
from kaggle_fkd.keypoints import KeypointScheme
from kaggle_fkd.system.text import describe_row, shorten
from kaggle_fkd.system.warning_filters import warnings_filtered

SIDE = 96
"""Height and width of every image of the competition, in pixels."""
CHUNK_ROWS = 512
"""Rows held as text at a time: 17 MB, so that a larger file does not need more memory."""
MAX_ROWS, MAX_SMALL_ROWS = 100_000, 1_000_000
"""A table of faces, or one without pictures, with more rows is not read: its faces take 1 GB."""
MAX_CHUNK_BYTES = 1 << 26
"""A chunk of rows has at most so many bytes: a cell without an end, which takes little space in a
zip, would fill the memory."""
MAX_ID = 2.0**53
"""Integers below this one are exact as floating-point numbers."""
LOWEST_LABEL, HIGHEST_LABEL = -SIDE, 2 * SIDE
"""A coordinate further outside the image than the image is wide is treated as a typing error. A
single 1e6 among 7049 labels would move the mean face by 142 pixels."""
MAX_HEADER_LENGTH = 1 << 12
"""Bytes of the first line that are looked at; that of training.csv has 682."""
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""A file in UTF-16 starts with one of them."""
REMEDY = f"correct that row, or {FETCH_AGAIN}"
SAVE_AGAIN = f"save it as CSV in UTF-8 with commas between the cells, or {FETCH_AGAIN}"


@dataclass(frozen=True)
class FaceTable:
    """The content of one of the two CSV files, N rows."""

    images: NDArray[np.uint8]
    """N x 96 x 96, 0 is black."""
    keypoints: NDArray[np.float32]
    """N x K x 2, x then y in pixels, NaN where missing; all NaN for test.csv."""
    ids: NDArray[np.int64]
    """N, the row from 0 (training.csv) or the ImageId (test.csv)."""


def read_training(file: SourceFile, scheme: KeypointScheme) -> FaceTable:
    """The labelled faces; DataError names the file and the first row that is wrong."""
    features = list(scheme.feature_names)
    images, labels = [], []
    for first_row, chunk in _chunks(file, [*features, "Image"]):
        labels.append(_labels(chunk[features], file, first_row))
        images.append(_pixels(chunk["Image"], file, first_row))
    keypoints = np.concatenate(labels).reshape(-1, len(scheme.names), 2)
    return FaceTable(np.concatenate(images), keypoints, np.arange(len(keypoints), dtype=np.int64))


def read_test(file: SourceFile, scheme: KeypointScheme) -> FaceTable:
    """The faces to predict; DataError as `read_training` does, and for a repeated ImageId."""
    images, ids = [], []
    for first_row, chunk in _chunks(file, ["ImageId", "Image"]):
        ids.append(whole_numbers(chunk["ImageId"], file, first_row))
        images.append(_pixels(chunk["Image"], file, first_row))
    image_ids = np.concatenate(ids)
    reject_repeats(image_ids, "ImageId", file)
    keypoints = np.full((len(image_ids), len(scheme.names), 2), np.nan, np.float32)
    return FaceTable(np.concatenate(images), keypoints, image_ids)


def read_text(file: SourceFile, columns: list[str]) -> pd.DataFrame:
    """Every row of a small table, as text, missing cells as NaN; DataError for another file."""
    return pd.concat([chunk for _, chunk in _chunks(file, columns, MAX_SMALL_ROWS)])


def whole_numbers(
    cells: "pd.Series[str]", file: SourceFile, first_row: int = 0
) -> NDArray[np.int64]:
    """A column of ids as integers; DataError for a cell that is not an integer."""
    numbers = pd.to_numeric(cells, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    with np.errstate(invalid="ignore"):
        wrong = ~((np.abs(numbers) < MAX_ID) & (numbers == np.floor(numbers)))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            f"{file}, {describe_row(first_row + row)}: "
            f"{cells.name} is not a whole number: {shorten(cells.iloc[row])}",
            REMEDY,
        )
    return numbers.astype(np.int64)


def reject_repeats(ids: NDArray[np.int64], name: str, file: SourceFile) -> None:
    """DataError for the first id that an earlier row has too."""
    repeated = pd.Series(ids).duplicated().to_numpy()
    if repeated.any():
        row = int(np.argmax(repeated))
        raise DataError(
            f"{file}, {describe_row(row)}: {name} {ids[row]} occurs a second time", REMEDY
        )


def long_rows_rejected() -> AbstractContextManager[None]:
    """Within the block, pandas raises ParserWarning for a row longer than the header.

    Otherwise it would drop the surplus cells with a mere warning.
    """
    return warnings_filtered("error", pd.errors.ParserWarning)


class _Limited(io.RawIOBase):
    """A stream that gives `MAX_CHUNK_BYTES`, and again as many when `left` is set anew."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.left = stream, MAX_CHUNK_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read = self.stream.read(len(buffer))
        self.left -= len(read)
        if self.left < 0:
            raise _RowTooLongError
        buffer[: len(read)] = read
        return len(read)


class _RowTooLongError(ValueError):
    """A chunk of rows has more than `MAX_CHUNK_BYTES`."""


def _chunks(
    file: SourceFile, columns: list[str], max_rows: int = MAX_ROWS
) -> Iterator[tuple[int, pd.DataFrame]]:
    """(first row, rows as text) until the end; DataError unless it has these columns once."""
    rows = 0
    try:
        with file.open() as stream:
            _reject_other_csv(stream, file)
            limited = _Limited(stream)
            reader = pd.read_csv(
                io.BufferedReader(limited),
                dtype=str, keep_default_na=False, na_values=[""], index_col=False,
                chunksize=CHUNK_ROWS,
            )  # fmt: skip
            # The caller must not run with changed filters, so they are changed for each chunk.
            while (chunk := _next_chunk(reader)) is not None:
                limited.left = MAX_CHUNK_BYTES
                missing = [name for name in columns if name not in chunk.columns]
                if missing:
                    raise DataError(f"{file}: column {', '.join(missing)} missing", FETCH_AGAIN)
                # pandas calls the second column of a name NAME.1, and would use the first.
                twice = [name for name in columns if f"{name}.1" in chunk.columns]
                if twice:
                    raise DataError(
                        f"{file}: column {', '.join(twice)} is there twice",
                        f"keep the right one, or {FETCH_AGAIN}",
                    )
                if len(chunk):
                    yield rows, chunk
                rows += len(chunk)
                if rows > max_rows:
                    raise DataError(f"{file} has more than {max_rows} rows", FETCH_AGAIN)
    except pd.errors.EmptyDataError:
        pass
    except _RowTooLongError:
        raise DataError(
            f"{file}: the rows from {describe_row(rows)} are too long, or a quote is not closed",
            REMEDY,
        ) from None
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise DataError(
            f"{file}: a row has too many cells, or an unclosed quote ({str(error).strip()})", REMEDY
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is not a text file in UTF-8 ({error})", SAVE_AGAIN) from error
    if rows == 0:
        raise DataError(f"{file} is empty, or has only a header", FETCH_AGAIN)


def _reject_other_csv(stream: IO[bytes], file: SourceFile) -> None:
    """DataError for a CSV as spreadsheets save it for some languages; rewinds the stream."""
    header = stream.readline(MAX_HEADER_LENGTH)
    stream.seek(0)
    if header.startswith(UTF16_MARKS):
        raise DataError(f"{file} is in UTF-16", SAVE_AGAIN)
    if b";" in header and b"," not in header:
        raise DataError(f"{file} has semicolons between its cells", SAVE_AGAIN)


def _next_chunk(reader: Iterator[pd.DataFrame]) -> pd.DataFrame | None:
    with long_rows_rejected():
        return next(reader, None)


def _labels(cells: pd.DataFrame, file: SourceFile, first_row: int) -> NDArray[np.float32]:
    """n x 2K coordinates, NaN for empty cells; DataError for a cell that cannot be a coordinate."""
    with np.errstate(over="ignore"):  # 1e39 becomes infinite, and is rejected below
        numbers = np.stack(
            [pd.to_numeric(cells[name], errors="coerce").to_numpy(np.float32) for name in cells],
            axis=1,
        )
    not_finite = ~np.isfinite(numbers) & cells.notna().to_numpy()
    _reject_labels(cells, not_finite, "is not a finite number", file, first_row)
    far = (numbers < LOWEST_LABEL) | (numbers > HIGHEST_LABEL)
    reason = f"is far outside the image (not within {LOWEST_LABEL}..{HIGHEST_LABEL})"
    _reject_labels(cells, far, reason, file, first_row)
    return numbers


def _reject_labels(
    cells: pd.DataFrame, wrong: NDArray[np.bool_], reason: str, file: SourceFile, first_row: int
) -> None:
    """DataError for the first of the n x 2K cells where `wrong`."""
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise DataError(
            f"{file}, {describe_row(first_row + int(row))}: {cells.columns[column]} {reason}: "
            f"{shorten(cells.iat[row, column])}",
            REMEDY,
        )


def _pixels(cells: "pd.Series[str]", file: SourceFile, first_row: int) -> NDArray[np.uint8]:
    """n x 96 x 96; DataError for a row that is not 9216 integers in 0..255."""
    images = np.empty((len(cells), SIDE * SIDE), np.uint8)
    # numpy warns, or raises in later versions, where text is left over after the numbers.
    with warnings_filtered("error", DeprecationWarning):
        for row, text in enumerate(cells):
            where = f"{file}, {describe_row(first_row + row)}"
            try:
                # int64, which saturates: narrower types wrap 300, 65580 or 2**32 into 0..255.
                values = np.fromstring("" if pd.isna(text) else text, np.int64, sep=" ")
            except (DeprecationWarning, ValueError):
                raise DataError(f"{where}: a pixel is not a whole number", REMEDY) from None
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
