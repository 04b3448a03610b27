"""Every way the program stops on purpose: one line, which names its remedy.

The command line prints the line alone and exits with `exit_code`; a library user catches
`FkdError` or one of its kinds.
"""


class FkdError(Exception):
    """Something the user can mend. `problem` says what and where, `remedy` what to do."""

    exit_code = 1

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem = " ".join(problem.splitlines())
        self.remedy = remedy
        super().__init__(f"{self.problem} -> {remedy}")


class UsageError(FkdError):
    """An option, or a value of one, that cannot be."""

    exit_code = 2


class DataError(FkdError):
    """A file of the data that is missing, damaged or holds an impossible value."""


class NoDataError(DataError):
    """No files of the data where they were looked for."""


class RunError(FkdError):
    """A run directory that is missing, unfinished or does not fit the request."""


class SubmissionError(FkdError):
    """A submission file that Kaggle would refuse, or must not be sent."""


class KaggleError(FkdError):
    """Kaggle, or the way to it, said no."""


class NoCredentialsError(KaggleError):
    """The Kaggle client would find no credentials."""


class PictureError(FkdError):
    """A picture, a video or a filter's artwork that is missing, damaged or of a kind not read."""
