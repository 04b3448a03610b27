"""The exceptions that are raised on purpose: each is one line, which names its remedy.

The command line prints that line and exits with `exit_code`; a library user catches `FkdError` or
one of its subclasses.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Self

MAX_PROBLEM_LENGTH = 1000
"""Characters of a problem that are shown: it may quote a cell, a name or an answer of a server."""
MAX_CHOICES = 12
"""A remedy lists up to so many choices; of more, only those that look alike."""


class FkdError(Exception):
    """Something that the user can fix: `problem` says what and where, `remedy` what to do."""

    exit_code = 1

    def __init__(self, problem: str, remedy: str) -> None:
        line = " ".join(problem.splitlines())
        self.problem = (
            line if len(line) <= MAX_PROBLEM_LENGTH else line[:MAX_PROBLEM_LENGTH] + "..."
        )
        self.remedy = remedy
        super().__init__(f"{self.problem} -> {remedy}")

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        """By both arguments, so that worker processes can hand the error on."""
        return type(self), (self.problem, self.remedy)


class UsageError(FkdError, ValueError):
    """An argument, a setting or an option that is unknown, or whose value does not fit."""

    exit_code = 2


class DataError(FkdError):
    """A data file that is missing, damaged or holds an impossible value."""


class NoDataError(DataError):
    """There are no data files where they were looked for."""


class RunError(FkdError):
    """A run directory that is missing, unfinished or does not fit the request."""


class SubmissionError(FkdError):
    """A submission file that Kaggle would refuse, or must not be sent."""


class KaggleError(FkdError):
    """Kaggle refused, or could not be reached."""


class KaggleBusyError(KaggleError):
    """Kaggle could not be reached, or was busy: the same call may succeed later."""


class NoCredentialsError(KaggleError):
    """The Kaggle client would not find any credentials."""


class PictureError(FkdError):
    """A picture, a video or a filter's artwork that is missing, damaged or of a kind not read."""


class MissingPictureError(PictureError, FileNotFoundError):
    """There is no such picture, or folder of pictures."""


def describe_unexpected(error: Exception) -> str:
    """The message for an error that was not raised on purpose."""
    return f"unexpected {type(error).__name__}: {error}"


def describe_failure(name: str, error: Exception) -> str:
    """The message for any error that made the input of that name fail."""
    if isinstance(error, FkdError):
        return str(error)
    if isinstance(error, OSError | MemoryError):
        return f"{name}: {refused_by_system(error)}"
    return f"{name}: {describe_unexpected(error)}"


def refused_by_system(error: OSError | MemoryError) -> FkdError:
    """The error for a file that the system refuses to open, a full disk, or too little memory."""
    if isinstance(error, MemoryError):
        return FkdError("out of memory", "use smaller files, or a machine with more memory")
    where = f"{error.filename}: " if error.filename else ""
    return FkdError(
        f"{where}{error.strerror or error}",
        "check the path and its permissions, and that the disk has free space",
    )


def suggest(name: str, choices: Iterable[str]) -> str:
    """The remedy for an unknown name: what was probably meant, and the choices if they are few.

    That is what begins with the name, or ends with it after a dot, or else looks like it.
    """
    known = list(choices)
    begun = [choice for choice in known if name and choice.startswith(name)]
    ended = [choice for choice in known if choice.endswith(f".{name}")]
    close = begun or ended or get_close_matches(name, known, n=3, cutoff=0.75)
    meant = f"did you mean {' or '.join(close[:3])}?" if close else ""
    listed = f"choose one of {', '.join(known)}"
    if not close:
        return listed
    return f"{meant} {listed}" if len(known) <= MAX_CHOICES else meant
