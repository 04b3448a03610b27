"""`Runtime`: onnxruntime-web, which runs networks in a browser, as npm has it."""

import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from kaggle_fkd.errors import FkdError, UsageError
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import replaced_folder, sha256_of
from kaggle_fkd.system.reading import read_file, read_text_file

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
"""The package of npm, in the version that pages are tested with."""
SCRIPT, BINARY = "ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"
"""The files of its `dist` that run networks on a CPU."""
DIGESTS = {
    SCRIPT: "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    BINARY: "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}
"""Their hex sha256 in this version: a page that is given to others holds no other code."""
PATIENCE_S = 300
"""Seconds for which npm may work."""


@dataclass(frozen=True)
class Runtime:
    """What a page needs to run networks."""

    script: str
    """The JavaScript module."""
    binary: bytes
    """The WebAssembly that it starts."""

    @classmethod
    def from_folder(cls, folder: Path) -> Self:
        """The runtime in the `dist` folder of the package; UsageError if it cannot be read."""
        try:
            return cls(read_text_file(folder / SCRIPT), read_file(folder / BINARY))
        except (OSError, UnicodeDecodeError) as error:
            file = getattr(error, "filename", None) or folder / SCRIPT
            raise UsageError(
                f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})",
                f"give the folder node_modules/{PACKAGE}/dist, or leave --runtime out",
            ) from error

    @classmethod
    def fetched(cls) -> Self:
        """The runtime that was fetched earlier, or is now, if a file of it is missing or changed.

        Raises FkdError if npm cannot fetch it, or a file has another sha256 than in `DIGESTS`.
        """
        folder = cache_folder() / f"{PACKAGE}-{VERSION}"
        if _changed_file(folder):
            fetch(folder)
        return cls.from_folder(folder)


def cache_folder() -> Path:
    """Where a fetched runtime is kept, as XDG has it; FkdError without a home folder."""
    try:
        parent = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError as error:
        raise FkdError(
            f"there is no home folder to keep {PACKAGE} in",
            "set XDG_CACHE_HOME, or give its dist folder (--runtime DIR)",
        ) from error
    return parent / "kaggle_fkd"


def fetch(folder: Path) -> None:
    """Fetch the runtime's files into a folder, with npm; FkdError if that fails."""
    if not (npm := shutil.which("npm")):
        raise FkdError(
            f"{PACKAGE} is fetched with npm, which is not installed",
            "install Node.js, which brings npm, or give its dist folder (--runtime DIR)",
        )
    log.info("fetching %s %s with npm into %s", PACKAGE, VERSION, folder)
    with TemporaryDirectory() as temporary:
        command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--pack-destination", temporary]
        try:
            subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE_S)
            (archive,) = Path(temporary).glob("*.tgz")
            with replaced_folder(folder) as new:
                _extract(archive, new)
                if changed := _changed_file(new):
                    raise ValueError(f"{changed} came with another sha256 than was published")
        except (
            subprocess.SubprocessError,
            OSError,
            ValueError,
            KeyError,
            tarfile.TarError,
        ) as error:
            said = (getattr(error, "stderr", None) or str(error)).strip()
            raise FkdError(
                f"npm could not fetch {PACKAGE} {VERSION}: {said[-300:]}",
                "check the connection, or give its dist folder (--runtime DIR)",
            ) from error


def _extract(archive: Path, folder: Path) -> None:
    """Write the runtime's files from the archive of the package."""
    with tarfile.open(archive) as package:
        for name in (SCRIPT, BINARY):
            file = package.extractfile(f"package/dist/{name}")
            assert file is not None, "the member is a file"
            (folder / name).write_bytes(file.read())


def _changed_file(folder: Path) -> str | None:
    """The name of the first file that is missing or not what was published, or None."""
    for name, digest in DIGESTS.items():
        file = folder / name
        if not file.is_file() or sha256_of(file) != digest:
            return name
    return None
