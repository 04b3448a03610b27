"""A target: a kind of file or request, with a valid example, and what reads it; and the oracle.

An input is the example with one file changed. The reader should return, or raise an FkdError whose
message is one line.
"""

import os
import shutil
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import perf_counter

from fuzz.mutations import mutate

from kaggle_fkd.errors import FkdError

SPECIAL_SHARE = 0.02
"""Share of the inputs in which the file is missing, or is not a regular file."""
ACCEPTED, REJECTED, FIND = "accepted", "rejected", "find"
MAX_MESSAGE_LENGTH = 2_000
"""Characters: a message does not quote a whole file."""


@dataclass(frozen=True)
class Target:
    """What is fuzzed."""

    name: str
    """What the results call it."""
    make: Callable[[Path], object]
    """Writes the valid example into an empty folder."""
    read: Callable[[Path, Path], object]
    """Reads it: is given the folder and the changed file, and returns what was read."""
    reads: tuple[str, ...]
    """The modules of the package whose reading this tests, as paths in it."""
    changed: tuple[str, ...] = ("*",)
    """Patterns of the files that are changed, one at a time."""
    weight: float = 4
    """How many inputs it is given, relative to the others: cheap targets have more. Those with less
    than 1 take seconds, and are not among the tests."""
    same: bool = False
    """Whether its files have a checksum: what is accepted then equals what the example gives."""
    regular: bool = False
    """Whether the file is always a regular one, because it stands for a request."""


@dataclass(frozen=True)
class Change:
    """One file of an input."""

    file: str
    """Its path in the folder of the example."""
    content: bytes
    """What is in it, if it is a regular file."""
    special: str = ""
    """One of `SPECIAL`, if it is not."""

    def apply(self, folder: Path) -> Path:
        """Change the file in the folder; its path."""
        path = folder / self.file
        path.unlink()
        if self.special:
            SPECIAL[self.special](path)
        else:
            path.write_bytes(self.content)
        return path


SPECIAL: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: None,
    "a folder": lambda path: path.mkdir(),
    "a pipe": lambda path: os.mkfifo(path),
    "a device without an end": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path),
}


@dataclass(frozen=True)
class Outcome:
    """What became of an input."""

    index: int
    """Its number."""
    verdict: str
    """ACCEPTED, REJECTED or FIND."""
    said: str
    """The message of what was rejected; what is wrong with a find."""
    seconds: float = 0.0
    """The time that reading took."""
    megabytes: float = 0.0
    """The most memory that the process had."""


class Prepared:
    """A target with its example on the disk."""

    def __init__(self, target: Target, folder: Path) -> None:
        """Make the example in `folder`, which must not exist, and read it once."""
        self.target, self.case, self.good = target, folder / "case", folder / "good"
        self.case.mkdir(parents=True)
        target.make(self.case)
        shutil.copytree(self.case, self.good, symlinks=True)
        self.files = files_of(target, self.good)
        assert self.files, f"{target.name}: no file is changed"
        self.expected = [target.read(self.case, self.case / file) for file in self.files]

    def judge(self, seed: int, index: int) -> Outcome:
        """Read the input of that number."""
        self._restore()
        change = change_of(self.target, self.good, seed, index)
        file = change.apply(self.case)
        _forget_peak()
        start = perf_counter()
        verdict, said = self._read(file, self.expected[self.files.index(change.file)])
        return Outcome(index, verdict, said, perf_counter() - start, megabytes_of())

    def _read(self, file: Path, expected: object) -> tuple[str, str]:
        try:
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                result = self.target.read(self.case, file)
        except FkdError as error:
            wrong = _wrong_with(str(error))
            return (FIND, wrong) if wrong else (REJECTED, str(error))
        except (KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException:  # also the panics of libraries in Rust
            return FIND, traceback.format_exc()
        if warned:
            return FIND, f"a warning: {warned[0].filename}:{warned[0].lineno}: {warned[0].message}"
        if self.target.same and result != expected:
            return FIND, f"other data were accepted: {result!r} instead of {expected!r}"[:2000]
        return ACCEPTED, ""

    def _restore(self) -> None:
        """Make the folder the example again, with the times of its files, which caches compare."""
        shutil.rmtree(self.case)
        shutil.copytree(self.good, self.case, symlinks=True)


def files_of(target: Target, good: Path) -> list[str]:
    """The files of the example that are changed, one at a time, by their paths in the folder."""
    paths = {path for pattern in target.changed for path in good.glob(pattern) if path.is_file()}
    return sorted(path.relative_to(good).as_posix() for path in paths)


def change_of(target: Target, good: Path, seed: int, index: int) -> Change:
    """The input of that number; the same one for the same seed and example."""
    random = Random(f"{seed} {target.name} {index}")
    files = files_of(target, good)
    file = random.choice(files)
    if not target.regular and random.random() < SPECIAL_SHARE:
        return Change(file, b"", random.choice(list(SPECIAL)))
    other = (good / random.choice(files)).read_bytes()
    return Change(file, mutate((good / file).read_bytes(), other, random))


def _wrong_with(message: str) -> str:
    """What is wrong with a message; empty if nothing is."""
    if len(message.splitlines()) != 1:
        return f"a message of several lines: {message!r}"[:MAX_MESSAGE_LENGTH]
    if len(message) > MAX_MESSAGE_LENGTH:
        return f"a message of {len(message)} characters: {message[:MAX_MESSAGE_LENGTH]!r}"
    return ""


def _forget_peak() -> None:
    """Let the system measure the most memory anew, where it can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def megabytes_of(process: object = "self") -> float:
    """The most memory that a process has had since `_forget_peak`; 0 where it is not known."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in status.splitlines()
                 if line.startswith("VmHWM")), 0.0)  # fmt: skip
