"""A folder or a zip as the files below it. Nothing is unpacked."""

import zipfile
import zlib
from pathlib import Path, PurePosixPath

from kaggle_fkd.errors import DataError, NoDataError

CHECK = "check that the file is whole and that you may read it, or fetch it again"


class FileTree:
    """The files below a folder, or in a zip, by their path in it."""

    def __init__(self, path: Path) -> None:
        """Raises NoDataError when there is nothing at `path`, DataError for what is no zip."""
        self.path = path
        self._archive = None if path.is_dir() else _archive(path)
        self.names = frozenset(filter(_is_wanted, self._all_names()))
        """Every file's path in the tree, with forward slashes."""

    def place(self, name: str) -> str:
        """How messages name a file of this tree."""
        return str(self.path / name) if self._archive is None else f"{self.path} > {name}"

    def read(self, name: str) -> bytes:
        """A file's bytes; DataError when they cannot be read."""
        try:
            if self._archive is None:
                return (self.path / name).read_bytes()
            return self._archive.read(name)
        # zipfile raises RuntimeError for an encrypted member.
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            raise DataError(f"{self.place(name)}: cannot be read ({error})", CHECK) from error

    def read_text(self, name: str) -> str:
        """A UTF-8 file's text, without a BOM; DataError for anything else."""
        try:
            return self.read(name).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise DataError(f"{self.place(name)}: not a text file ({error})", CHECK) from error

    def _all_names(self) -> list[str]:
        if self._archive is not None:
            return [info.filename for info in self._archive.infolist() if not info.is_dir()]
        files = (path for path in self.path.rglob("*") if path.is_file())
        return [path.relative_to(self.path).as_posix() for path in files]


def _archive(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise NoDataError(f"{path}: no such folder or zip", "check its name") from error
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: not a folder, and not a whole zip ({error})", CHECK) from error


def _is_wanted(name: str) -> bool:
    """Whether the file is the user's, and no shadow such as macOS leaves in folders and zips."""
    parts = PurePosixPath(name).parts
    return not any(part.startswith(".") or part == "__MACOSX" for part in parts)
