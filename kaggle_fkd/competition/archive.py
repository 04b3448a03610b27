"""The competition's files where they lie: plain CSV, inside `training.zip`, or inside the bundle.

Nothing is unpacked: a zipped CSV is read through its archives, so a zip cannot write anywhere.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from kaggle_fkd.errors import DataError, NoDataError

SLUG = "facial-keypoints-detection"
"""The competition's name in Kaggle's addresses and of its bundle."""
BUNDLE = f"{SLUG}.zip"
TRAINING, TEST = "training.csv", "test.csv"
LOOKUP, SAMPLE_SUBMISSION = "IdLookupTable.csv", "SampleSubmission.csv"
REQUIRED = (TRAINING, TEST, LOOKUP)
"""Without these no stage can work; the sample submission is checked where it is there."""

FETCH_AGAIN = "delete the file and run `python run_pipeline.py --stage download` to fetch it again"


@dataclass(frozen=True)
class SourceFile:
    """One CSV: a file on disk, and the archive members that lead from it to the CSV."""

    path: Path
    """The plain CSV or the outermost zip."""
    members: tuple[str, ...] = ()
    """File names to follow inside it: () for a plain CSV, (training.zip, training.csv), ..."""

    def __str__(self) -> str:
        return " > ".join((str(self.path), *self.members))

    @property
    def name(self) -> str:
        """The CSV's own name."""
        return self.members[-1] if self.members else self.path.name

    def stamp(self) -> list[str | int]:
        """What tells a changed file from an unchanged one: its place, size and time (in ns)."""
        status = self.path.stat()
        place = " > ".join((str(self.path.resolve()), *self.members))
        return [place, status.st_size, status.st_mtime_ns]

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The CSV's bytes; DataError for a file or archive that cannot be read to the end."""
        try:
            with ExitStack() as stack:
                stream: IO[bytes] = stack.enter_context(self.path.open("rb"))
                for member in self.members:
                    archive = stack.enter_context(zipfile.ZipFile(_seekable(stream)))
                    stream = stack.enter_context(archive.open(_find(archive, member, self.path)))
                _refuse_web_page(stream, self)
                yield stream
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise DataError(
                f"{self}: damaged or truncated archive ({error})", FETCH_AGAIN
            ) from error
        except OSError as error:
            raise DataError(
                f"{self}: cannot be read ({error.strerror or error})",
                "check that the file is whole and that you may read it",
            ) from error


def find_competition_files(folder: Path) -> dict[str, SourceFile]:
    """The competition's files in `folder`, by CSV name; plain CSV before inner zip before bundle.

    Raises NoDataError when none of them is there, DataError when some are and a required one
    is not, or when a zip is not the competition's.
    """
    found = {}
    for name in (*REQUIRED, SAMPLE_SUBMISSION):
        inner = name.replace(".csv", ".zip")
        if (folder / name).is_file():
            found[name] = SourceFile(folder / name)
        elif (folder / inner).is_file():
            found[name] = SourceFile(folder / inner, (name,))
        elif (folder / BUNDLE).is_file():
            members = _bundle_members(folder / BUNDLE)
            if name in members:
                found[name] = SourceFile(folder / BUNDLE, (name,))
            elif inner in members:
                found[name] = SourceFile(folder / BUNDLE, (inner, name))
    missing = [name for name in REQUIRED if name not in found]
    if len(missing) == len(REQUIRED) and not (folder / BUNDLE).exists():
        raise NoDataError(
            f"{folder}: holds none of the competition's files ({', '.join(REQUIRED)} or {BUNDLE})",
            "run `python run_pipeline.py --stage download`, or name the right folder: --data-dir",
        )
    if missing:
        raise DataError(
            f"{folder}: {' and '.join(missing)} not found, neither plain nor zipped",
            FETCH_AGAIN
            if (folder / BUNDLE).exists()
            else f"put the whole of {BUNDLE} there, or fetch it: --stage download",
        )
    return found


def is_web_page(start: bytes) -> bool:
    """Whether a file that starts so is HTML, with or without a BOM."""
    return start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype", b"<html"))


def _bundle_members(bundle: Path) -> set[str]:
    """File names in the bundle; DataError when it is no zip, or one that is not to be trusted."""
    try:
        with bundle.open("rb") as file:
            _refuse_web_page(file, SourceFile(bundle))
            with zipfile.ZipFile(file) as archive:
                _refuse_escapes(archive, bundle)
                return {PurePosixPath(name).name for name in archive.namelist()}
    except zipfile.BadZipFile as error:
        raise DataError(f"{bundle}: no zip, or a truncated one ({error})", FETCH_AGAIN) from error


def _find(archive: zipfile.ZipFile, name: str, path: Path) -> zipfile.ZipInfo:
    """The member of that file name, in whatever folder of the archive."""
    _refuse_escapes(archive, path)
    for info in archive.infolist():
        # macOS adds a shadow `__MACOSX/._training.csv` to zips that people make by hand.
        if PurePosixPath(info.filename).name == name:
            if info.flag_bits & 0x1:
                raise DataError(f"{path}: {info.filename} is encrypted", FETCH_AGAIN)
            return info
    raise DataError(f"{path}: holds no {name}; it is another archive", FETCH_AGAIN)


def _refuse_escapes(archive: zipfile.ZipFile, path: Path) -> None:
    """DataError for a member whose path would leave the folder (never in Kaggle's own files)."""
    for name in archive.namelist():
        places = PurePosixPath(name), PureWindowsPath(name)
        if any(".." in place.parts or place.is_absolute() or place.drive for place in places):
            raise DataError(
                f"{path}: a member's path leaves the folder ({name!r}); this is not Kaggle's file",
                FETCH_AGAIN,
            )


def _refuse_web_page(stream: IO[bytes], file: SourceFile) -> None:
    """DataError when HTML lies where data should: a login page that a browser saved."""
    if is_web_page(stream.read(512)):
        raise DataError(
            f"{file}: a web page, not data (Kaggle's login page, most likely)",
            "log in to Kaggle and accept the rules first, then " + FETCH_AGAIN,
        )
    stream.seek(0)


def _seekable(stream: IO[bytes]) -> IO[bytes]:
    """`stream`, or its bytes in memory when it is itself a zip's member.

    An inner zip is at most 64 MB; reading its directory through the outer one would
    decompress it several times over.
    """
    return io.BytesIO(stream.read()) if isinstance(stream, zipfile.ZipExtFile) else stream
