"""Doubts about a submission: signs that a network has not learnt, which are said and not sent."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.competition.submission import MOST_CLIPPED, clipped_share


def doubts_about(locations: NDArray[np.floating], worse_than_mean_face: Sequence[str]) -> list[str]:
    """Why the submission should not be sent as it is, in clauses; empty if there is no reason.

    `locations` are its coordinates in pixels, clipped or not; `worse_than_mean_face` names the
    networks that made it whose validation RMSE is worse than that of the mean face.
    """
    doubts = []
    if (clipped := clipped_share(locations)) > MOST_CLIPPED:
        doubts.append(f"{clipped:.1%} of its locations are at the border of the image")
    if worse_than_mean_face:
        names = ", ".join(worse_than_mean_face)
        doubts.append(f"of its networks, {names} did worse than the mean face in validation")
    return doubts
