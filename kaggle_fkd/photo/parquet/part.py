"""`PartWriter`: writes the faces of some pictures as one Parquet file.

Everything that makes a table uses it: one process, several, or several machines.
"""

import socket
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from kaggle_fkd import __version__
from kaggle_fkd.errors import RunError, describe_failure
from kaggle_fkd.imaging.picture import read_picture
from kaggle_fkd.photo.finder import FaceKeypoints
from kaggle_fkd.photo.finder_config import FinderConfig
from kaggle_fkd.photo.parquet.rows import Row, face_rows, failure_row, table_of
from kaggle_fkd.photo.parquet.table import FaceTable, open_table
from kaggle_fkd.system.files import atomic_path, sha256_of


@dataclass(frozen=True)
class PartWriter:
    """Writes the parts of a table."""

    table: FaceTable
    """The table, which was begun."""
    finder: FaceKeypoints
    """What finds the faces."""

    def write(self, part: int) -> int:
        """Write the part of that number, unless it exists; the number of its pictures.

        A picture that fails is a row with the reason. Raises FkdError if the file cannot be
        written, or the networks cannot be computed.
        """
        if not self.table.part_file(part).exists():
            pictures = self.table.listed(part)
            self.store(part, [row for given, path in pictures for row in self.rows(given, path)])
        return self.table.pictures_in([part])

    def rows(self, given: str, path: Path) -> list[Row]:
        """The rows of one picture; one with the reason if it fails.

        Raises RunError if the networks cannot be computed, which would fail for all pictures.
        """
        try:
            picture = read_picture(path)
            height, width = picture.shape[:2]
            return face_rows(given, width, height, self.finder.detect(picture))
        except RunError:
            raise
        # Whatever is wrong with one picture, the others must not be lost.
        except Exception as error:
            return [failure_row(given, describe_failure(given, error))]

    def store(self, part: int, rows: list[Row]) -> None:
        """Write the part, of these rows; FkdError if that fails."""
        from pyarrow import parquet

        with atomic_path(self.table.part_file(part)) as temporary:
            parquet.write_table(table_of(rows, self.finder.scheme), temporary, compression="zstd")


@dataclass(frozen=True)
class Work:
    """What another process must know to write parts of a table."""

    folder: Path
    """The folder of the table."""
    finder: FinderConfig
    """What finds the faces."""

    def absolute(self) -> "Work":
        """The same for a process that was started in another folder."""
        run = self.finder.run and self.finder.run.absolute()
        return Work(self.folder.absolute(), replace(self.finder, run=run))


def write_part(work: Work, part: int) -> int:
    """What another process calls for each part: `PartWriter.write`; it opens the networks once.

    Raises RunError if they are not those that the table was begun with, FkdError if the file cannot
    be written.
    """
    return _writer(work).write(part)


def check_networks(work: Work) -> None:
    """What another process may call first; raises RunError for its networks, as `write_part`."""
    _writer(work)


def picture_rows(work: Work, given: str, path: Path) -> list[Row]:
    """What another process calls for a single picture: `PartWriter.rows`."""
    return _writer(work).rows(given, path)


def store_part(work: Work, part: int, rows: list[Row]) -> None:
    """Write a part whose rows are known: `PartWriter.store`."""
    _writer(work).store(part, rows)


@lru_cache(maxsize=1)
def _writer(work: Work) -> PartWriter:
    table, finder = open_table(work.folder), work.finder.load()
    if different := table.differences(describe_networks(finder)):
        raise RunError(
            f"{socket.gethostname()}: not the {', '.join(different)} that {table.folder} was begun "
            "with",
            "install the same version of the package, and the same networks, on every machine",
        )
    return PartWriter(table, finder)


def describe_networks(finder: FaceKeypoints) -> dict[str, Any]:
    """All that decides which faces and keypoints are found, for the record of a table."""
    networks = finder.networks
    return {
        "version": __version__,
        "keypoints": finder.scheme.name,
        "convention": networks.scheme.conventions[networks.convention].name,
        "networks": [sha256_of(path) for path in finder.network_files],
    }
