"""Zips that anybody may have made: what a damaged one raises, and how much of one is read."""

import errno
import lzma
import zipfile
import zlib
from pathlib import Path
from typing import IO

from kaggle_fkd.system.reading import open_file

DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError,
    RuntimeError,
)  # fmt: skip
"""What a damaged, encrypted or unusual zip raises, beside OSError; NotImplementedError, of an
unknown compression, is a RuntimeError."""
MAX_MEMBERS = 500_000
"""A zip with more members is not read."""
MAX_BYTES = 1 << 28
"""A larger member is not read into memory: a zip of 1 MB may have one of 1 GB."""


def open_zip(file: Path | IO[bytes]) -> zipfile.ZipFile:
    """The zip at a path, or in an open file; raises OSError and what is in `DAMAGED`."""
    if isinstance(file, Path):
        open_file(file).close()  # raises for a pipe, on which zipfile would wait
    archive = zipfile.ZipFile(file)
    if len(archive.filelist) > MAX_MEMBERS:
        archive.close()
        raise OSError(errno.EFBIG, f"more than {MAX_MEMBERS} files in it")
    return archive


def read_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo | str, max_bytes: int = MAX_BYTES
) -> bytes:
    """The bytes of a member; raises OSError, also above `max_bytes`, and what is in `DAMAGED`."""
    info = member if isinstance(member, zipfile.ZipInfo) else archive.getinfo(member)
    if info.file_size > max_bytes:  # zipfile gives no more than it says
        raise OSError(errno.EFBIG, f"{info.filename} is larger than {max_bytes >> 20} MiB")
    return archive.read(info)
