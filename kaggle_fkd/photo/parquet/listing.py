"""The listing of a table: the paths of its pictures, stored once, and read a part at a time."""

import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from kaggle_fkd.system.files import atomic_path


def write_listing(path: Path, pictures: Iterable[str], part_size: int) -> int:
    """Store the paths in their order, and return their number.

    The file is Parquet with a row group for each part, so that any part is read without the others.
    One part is in memory at a time. Raises FkdError if the file cannot be written.
    """
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    # Bytes, because the names of files need not be UTF-8.
    schema = pyarrow.schema([("picture", pyarrow.binary())])
    left, count = iter(pictures), 0
    with (
        atomic_path(path) as temporary,
        ParquetWriter(temporary, schema, compression="zstd", write_statistics=False) as writer,
    ):
        while part := [os.fsencode(picture) for picture in islice(left, part_size)]:
            writer.write_table(pyarrow.table([part], schema), row_group_size=part_size)
            count += len(part)
    return count


def count_listed(path: Path) -> int:
    """The number of paths."""
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        return int(file.metadata.num_rows)


def read_listing(path: Path, part: int) -> list[str]:
    """The paths of a part, by its number from 0."""
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as file:
        return [*map(os.fsdecode, file.read_row_group(part)["picture"].to_pylist())]
