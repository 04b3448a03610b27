"""`FileTree`: the files of a folder or a zip, which are read in the same way."""

import zipfile
from pathlib import Path, PurePosixPath

from kaggle_fkd.errors import DataError, NoDataError
from kaggle_fkd.system.reading import read_file
from kaggle_fkd.system.zips import DAMAGED, MAX_BYTES, open_zip, read_member

REMEDY = "check that the file is complete and that you may read it, or download it again"
MAX_TEXT_BYTES = 1 << 24
"""Bytes of a text file; Udacity's table has 3 MB."""


class FileTree:
    """The files below a folder, or in a zip, by their path in it."""

    def __init__(self, path: Path) -> None:
        """Raises NoDataError if `path` does not exist, DataError if it is a file but not a zip."""
        self.path = path
        self._archive = None if path.is_dir() else _open_archive(path)
        self.names = frozenset(filter(_is_wanted, self._all_names()))
        """Every file's path in the tree, with forward slashes."""

    def place(self, name: str) -> str:
        """How messages name a file of this tree."""
        return str(self.path / name) if self._archive is None else f"{self.path} > {name}"

    def read(self, name: str, max_bytes: int = MAX_BYTES) -> bytes:
        """A file's bytes; raises DataError if they cannot be read, or are more than `max_bytes`."""
        try:
            if self._archive is None:
                return read_file(self.path / name, max_bytes)
            return read_member(self._archive, name, max_bytes)
        except (OSError, *DAMAGED) as error:
            raise DataError(f"{self.place(name)}: cannot be read ({error})", REMEDY) from error

    def read_text(self, name: str) -> str:
        """The text of a UTF-8 file, without a BOM; raises DataError for other encodings."""
        try:
            return self.read(name, MAX_TEXT_BYTES).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DataError(f"{self.place(name)}: not a text file ({error})", REMEDY) from error

    def _all_names(self) -> list[str]:
        if self._archive is not None:
            return [info.filename for info in self._archive.infolist() if not info.is_dir()]
        files = (path for path in self.path.rglob("*") if path.is_file())
        return [path.relative_to(self.path).as_posix() for path in files]


def _open_archive(path: Path) -> zipfile.ZipFile:
    try:
        return open_zip(path)
    except FileNotFoundError as error:
        raise NoDataError(
            f"{path}: no such folder or zip",
            "check the path; the download stage fetches Udacity's frames, which have 68 points",
        ) from error
    except (OSError, *DAMAGED) as error:
        raise DataError(f"{path}: neither a folder nor a complete zip ({error})", REMEDY) from error


def _is_wanted(name: str) -> bool:
    """Whether the file is the user's, not one that macOS adds to folders and zips."""
    parts = PurePosixPath(name).parts
    return not any(part.startswith(".") or part == "__MACOSX" for part in parts)
