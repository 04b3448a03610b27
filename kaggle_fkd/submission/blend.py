"""Blending: the weighted mean of submission files, whoever wrote them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.errors import SubmissionError, UsageError
from kaggle_fkd.sources.lookup import Lookup
from kaggle_fkd.submission.table import check_submission, read_locations


def check_blend(paths: Sequence[Path], weights: Sequence[float]) -> None:
    """UsageError unless there are two files or more, and a positive weight for each, if any.

    Raises SubmissionError for a file that is not there.
    """
    if len(paths) < 2:
        raise UsageError("--stage blend: nothing to blend", "name two submissions: --blend A B")
    if weights and len(weights) != len(paths):
        raise UsageError(
            f"--weights: {len(weights)} for {len(paths)} files", "give one for each file, or none"
        )
    if not all(np.isfinite(weight) and weight > 0 for weight in weights):
        raise UsageError(f"--weights {weights}: impossible", "give numbers above 0")
    for path in paths:
        if not path.is_file():
            raise SubmissionError(f"{path}: no such file", "name another: --blend")


def blend_submissions(
    paths: Sequence[Path], weights: Sequence[float], lookup: Lookup
) -> NDArray[np.float64]:
    """R locations in the order of `lookup.row_ids`: the mean of the files with these weights.

    Equal weights when there are none. Raises SubmissionError for a file that is not valid.
    """
    for path in paths:
        check_submission(path, lookup)
    columns = [read_locations(path, lookup) for path in paths]
    return np.asarray(np.average(columns, axis=0, weights=list(weights) or None))
