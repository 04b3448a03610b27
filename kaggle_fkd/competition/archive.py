"""The competition's files as people have them: plain CSV, inside `training.zip` or the bundle.

Nothing is unpacked: a zipped CSV is read through its archives, so a zip cannot write anywhere.
"""

import io
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from kaggle_fkd.errors import DataError, NoDataError
from kaggle_fkd.system.reading import open_file
from kaggle_fkd.system.zips import DAMAGED, open_zip, read_member

SLUG = "facial-keypoints-detection"
"""The competition's name in Kaggle's addresses and the stem of its zip file."""
BUNDLE = f"{SLUG}.zip"
TRAINING, TEST = "training.csv", "test.csv"
LOOKUP, SAMPLE_SUBMISSION = "IdLookupTable.csv", "SampleSubmission.csv"
REQUIRED = (TRAINING, TEST, LOOKUP)
"""No stage can work without these; the sample submission is checked if it exists."""
MOUNT = Path("/kaggle/input")
"""Kaggle's notebooks mount a competition's data in a folder below this one."""

FETCH_AGAIN = "delete the file and run the download stage again"

Stamp = list[str | int]
"""Where a file is, its size and its time."""


@dataclass(frozen=True)
class SourceFile:
    """One CSV: a file on disk, and the archive members that lead from it to the CSV."""

    path: Path
    """The plain CSV or the outermost zip."""
    members: tuple[str, ...] = ()
    """File names to follow inside it: () for a plain CSV, or (training.zip, training.csv)."""

    def __str__(self) -> str:
        return " > ".join((str(self.path), *self.members))

    @property
    def name(self) -> str:
        """The CSV's own name."""
        return self.members[-1] if self.members else self.path.name

    def stamp(self) -> Stamp:
        """Path, size and time (in ns) of the file, which tell whether it has changed.

        Raises DataError if it does not exist any more, or may not be looked at.
        """
        try:
            status = self.path.stat()
        except OSError as error:
            raise _unreadable(self, error) from error
        place = " > ".join((str(self.path.resolve()), *self.members))
        return [place, status.st_size, status.st_mtime_ns]

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """The CSV's bytes; DataError for a file or archive that cannot be read to the end."""
        try:
            with ExitStack() as stack:
                stream: IO[bytes] = stack.enter_context(open_file(self.path))
                for depth, name in enumerate(self.members, 1):
                    archive = stack.enter_context(open_zip(stream))
                    info = _find(archive, name, self.path)
                    if depth < len(self.members):
                        # Reading the directory of an inner zip through the outer one would
                        # decompress it several times.
                        stream = io.BytesIO(read_member(archive, info))
                    else:
                        stream = stack.enter_context(archive.open(info))
                _reject_web_page(stream, self)
                yield stream
        except DAMAGED as error:
            raise DataError(
                f"{self}: the archive is damaged or truncated ({error})", FETCH_AGAIN
            ) from error
        except OSError as error:
            raise _unreadable(self, error) from error


def find_files(data_dir: Path) -> dict[str, SourceFile]:
    """The competition's files by CSV name, in `data_dir` or where Kaggle mounts them.

    Raises NoDataError if none of them exists, DataError if they are incomplete or damaged.
    """
    try:
        return find_competition_files(data_dir)
    except NoDataError:
        for folder in _mounted_folders():
            with suppress(NoDataError):
                return find_competition_files(folder)
        raise


def find_competition_files(folder: Path) -> dict[str, SourceFile]:
    """The competition's files in `folder`, by CSV name, as `files_present` gives them.

    Raises NoDataError if none of the files exists, DataError if only some of the required ones do,
    or if a zip is not the competition's.
    """
    bundle, found = folder / BUNDLE, files_present(folder)
    missing = [name for name in REQUIRED if name not in found]
    if len(missing) == len(REQUIRED) and not bundle.exists():
        raise NoDataError(
            f"{folder} holds none of the competition's files ({', '.join(REQUIRED)} or {BUNDLE})",
            "run the download stage, or name the folder that contains them",
        )
    if missing:
        raise DataError(
            f"{folder}: {' and '.join(missing)} not found, neither plain nor zipped",
            FETCH_AGAIN
            if bundle.exists()
            else f"put the complete {BUNDLE} into that folder, or run the download stage",
        )
    return found


def files_present(folder: Path) -> dict[str, SourceFile]:
    """Those of the competition's files that are in `folder`, by CSV name.

    A plain CSV is preferred to an inner zip, an inner zip to the bundle. Raises DataError for a
    bundle that is not a safe zip.
    """
    bundle, members_of = folder / BUNDLE, cache(_bundle_members)
    found = {}
    for name in (*REQUIRED, SAMPLE_SUBMISSION):
        inner = name.replace(".csv", ".zip")
        if (folder / name).is_file():
            found[name] = SourceFile(folder / name)
        elif (folder / inner).is_file():
            found[name] = SourceFile(folder / inner, (name,))
        elif bundle.is_file():
            if name in members_of(bundle):
                found[name] = SourceFile(bundle, (name,))
            elif inner in members_of(bundle):
                found[name] = SourceFile(bundle, (inner, name))
    return found


def is_web_page(start: bytes) -> bool:
    """True if a file that starts with these bytes is HTML, with or without a BOM."""
    return start.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype", b"<html"))


def _unreadable(file: SourceFile, error: OSError) -> DataError:
    return DataError(
        f"{file}: the file cannot be read ({error.strerror or error})",
        "check that the file is complete and that you may read it",
    )


def _mounted_folders() -> Iterator[Path]:
    """Folders in which Kaggle may have mounted the files, the usual ones first.

    The search for the others visits every data set of the notebook.
    """
    yield from (MOUNT / SLUG, MOUNT / "competitions" / SLUG)
    for name in (LOOKUP, BUNDLE):
        yield from (path.parent for path in sorted(MOUNT.rglob(name)))


def _bundle_members(bundle: Path) -> set[str]:
    """File names in the bundle; DataError if it is not a zip, or an unsafe one."""
    try:
        with open_file(bundle) as file:
            _reject_web_page(file, SourceFile(bundle))
            with open_zip(file) as archive:
                _reject_escapes(archive, bundle)
                return {PurePosixPath(name).name for name in archive.namelist()}
    except DAMAGED as error:
        raise DataError(f"{bundle} is not a zip, or is truncated ({error})", FETCH_AGAIN) from error
    except OSError as error:
        raise _unreadable(SourceFile(bundle), error) from error


def _find(archive: zipfile.ZipFile, name: str, path: Path) -> zipfile.ZipInfo:
    """The member with that file name, in any folder of the archive."""
    _reject_escapes(archive, path)
    for info in archive.infolist():
        # Exact name: macOS adds `__MACOSX/._training.csv`.
        if PurePosixPath(info.filename).name == name:
            if info.flag_bits & 0x1:
                raise DataError(f"{path}: {info.filename} is encrypted", FETCH_AGAIN)
            return info
    raise DataError(f"{path} does not contain {name}, so it is another archive", FETCH_AGAIN)


def _reject_escapes(archive: zipfile.ZipFile, path: Path) -> None:
    """DataError for a member whose path would leave the folder (never in Kaggle's own files)."""
    for name in archive.namelist():
        places = PurePosixPath(name), PureWindowsPath(name)
        if any(".." in place.parts or place.is_absolute() or place.drive for place in places):
            raise DataError(
                f"{path}: a member's path leaves the folder ({name!r}); this is not Kaggle's file",
                FETCH_AGAIN,
            )


def _reject_web_page(stream: IO[bytes], file: SourceFile) -> None:
    """DataError if the file is HTML instead of data, such as a login page saved by a browser."""
    if is_web_page(stream.read(512)):
        raise DataError(
            f"{file} is a web page instead of data (Kaggle's login page, most likely)",
            "log in to Kaggle and accept the rules first, then " + FETCH_AGAIN,
        )
    stream.seek(0)
