"""Where 68-point sets are: a folder or a zip, or Udacity's archive on the web."""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from kaggle_fkd.errors import DataError, NoDataError
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.system.files import atomic_path

CHECK = "check that the file is whole and that you may read it, or fetch it again"
UDACITY_URL = (
    "https://s3.amazonaws.com/video.udacity-data.com/topher/2018/May/"
    "5aea1b91_train-test-data/train-test-data.zip"
)
TIMEOUT_S = 30
"""Seconds of silence after which the connection counts as lost."""
CHUNK = 1 << 20


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
        raise NoDataError(
            f"{path}: no such folder or zip",
            "check its name, or fetch Udacity's frames: --stage download --points 68",
        ) from error
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: not a folder, and not a whole zip ({error})", CHECK) from error


def _is_wanted(name: str) -> bool:
    """Whether the file is the user's, and no shadow such as macOS leaves in folders and zips."""
    parts = PurePosixPath(name).parts
    return not any(part.startswith(".") or part == "__MACOSX" for part in parts)


def download_udacity(target: Path, url: str = UDACITY_URL) -> Path:
    """Fetch the archive to the file `target`, which appears whole or not at all.

    Raises DataError when the address cannot be reached, answers with an error, or gives
    something that is no zip; FkdError when the disk refuses.
    """
    with atomic_path(target) as temporary:
        with temporary.open("wb") as file:
            for chunk in _chunks(url):
                file.write(chunk)
        if not zipfile.is_zipfile(temporary):
            raise DataError(f"{url}: what came is no zip, or not all of one", _by_hand(url))
    log.info("downloaded: %s", target)
    return target


def _chunks(url: str) -> Iterator[bytes]:
    """What the address gives; DataError for whatever the network or the server objects."""
    import requests

    try:
        with requests.get(url, stream=True, timeout=TIMEOUT_S) as answer:
            answer.raise_for_status()
            total = int(answer.headers.get("Content-Length", 0)) // CHUNK or None
            yield from progress(answer.iter_content(CHUNK), "downloading, in MiB", total)
    except requests.RequestException as error:
        raise DataError(f"{url}: download failed ({error})", _by_hand(url)) from error


def _by_hand(url: str) -> str:
    return f"check the network, or fetch {url} in a browser and name that file"
