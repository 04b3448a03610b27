"""Reading files that anybody may have put there: regular ones only, and not more than a limit.

A pipe without a writer would be waited for without end, and a device such as /dev/zero read until
the memory is full.
"""

import errno
import io
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MAX_BYTES = 1 << 30
"""A larger file is not read into memory."""


def open_file(path: Path | str) -> io.BufferedReader:
    """A regular file, opened to read its bytes.

    Raises OSError, also for a folder, a pipe or a device, and ValueError for a zero byte in the
    name.
    """
    file = open(path, "rb", opener=_open_without_waiting)  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return file


def read_file(path: Path | str, max_bytes: int = MAX_BYTES) -> bytes:
    """The bytes of a regular file; raises what `open_file` does, and OSError above `max_bytes`."""
    with open_file(path) as file:
        content = file.read(max_bytes) if os.fstat(file.fileno()).st_size <= max_bytes else b""
        if file.read(1):
            raise OSError(errno.EFBIG, f"larger than {max_bytes >> 20} MiB", str(path))
    return content


def read_text_file(path: Path | str, encoding: str = "utf-8") -> str:
    """The text of a regular file; raises what `read_file` raises, and UnicodeDecodeError."""
    return read_file(path).decode(encoding)


def read_csv_file(path: Path | str, max_bytes: int = MAX_BYTES, **options: Any) -> "pd.DataFrame":
    """The table in a regular file, read with these options of `pandas.read_csv`.

    Raises what `read_file` raises, and ValueError for what is not such a table.
    """
    import pandas as pd

    table: pd.DataFrame = pd.read_csv(io.BytesIO(read_file(path, max_bytes)), **options)
    return table


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
