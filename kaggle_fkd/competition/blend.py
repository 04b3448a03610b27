"""The blend: the weighted mean of submission files."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kaggle_fkd.competition.submission import Submission, read_submission
from kaggle_fkd.errors import SubmissionError, UsageError


def blend_submissions(paths: Sequence[Path], weights: Sequence[float] = ()) -> Submission:
    """The mean of the files' locations with these weights, in ascending order of the RowIds.

    `weights` holds a positive number for each file and need not add up to 1; empty, all files
    weigh the same. Each file must be a valid submission by itself, and all must have the same
    RowIds. Raises UsageError as `check_blend` does, SubmissionError for the first wrong file.
    """
    check_blend(paths, weights)
    submissions = [read_submission(path) for path in paths]
    first = submissions[0]
    for path, submission in zip(paths[1:], submissions[1:], strict=True):
        _require_same_rows(path, submission, paths[0], first)
    # Scaled first, so that the sum of weights near the largest float does not overflow.
    relative = np.asarray(weights or np.ones(len(paths))) / max(weights, default=1.0)
    locations = np.average([each.locations for each in submissions], axis=0, weights=relative)
    return Submission(first.row_ids, locations)


def check_blend(paths: Sequence[Path], weights: Sequence[float]) -> None:
    """Check the arguments of a blend before any file is read.

    Raises UsageError unless there are two different files or more, and either no weights or a
    positive finite one for each file; SubmissionError for a file that does not exist.
    """
    if len(paths) < 2:
        raise UsageError(
            "nothing to blend: a blend needs two submissions or more", "name at least two files"
        )
    for index, path in enumerate(paths):
        if path.resolve() in [other.resolve() for other in paths[:index]]:
            raise UsageError(
                f"{path} is given twice", "give each file once; a weight can count it for more"
            )
    if weights and len(weights) != len(paths):
        raise UsageError(
            f"{len(paths)} files to blend need {len(paths)} weights, not {len(weights)}",
            "give one weight for each file, or none",
        )
    for weight in weights:
        if not (np.isfinite(weight) and weight > 0):
            raise UsageError(
                f"the blend weight {weight} is out of range", "give finite numbers above 0"
            )
    for path in paths:
        if not path.is_file():
            raise SubmissionError(f"{path}: no such file", "name another submission to blend")


def _require_same_rows(path: Path, submission: Submission, other: Path, first: Submission) -> None:
    """SubmissionError unless the submission has the RowIds of the first file, `other`."""
    missing = np.setdiff1d(first.row_ids, submission.row_ids)
    if missing.size:
        raise SubmissionError(
            f"{path}: {missing.size} of {len(first.row_ids)} RowIds missing that {other} has, "
            f"the first is {missing[0]}",
            "blend submissions for the same data",
        )
    surplus = np.setdiff1d(submission.row_ids, first.row_ids)
    if surplus.size:
        raise SubmissionError(
            f"{path}: RowId {surplus[0]} is not in {other}", "blend submissions for the same data"
        )
