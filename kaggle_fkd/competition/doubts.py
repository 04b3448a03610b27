"""Doubts about a submission: signs that its networks have not learnt."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.competition.submission import MAX_CLIPPED, clipped_share


def doubts_about(locations: NDArray[np.floating], of_networks: Sequence[str]) -> list[str]:
    """Why the submission should not be sent as it is, in words; empty if there is no reason.

    `locations` are its coordinates in pixels, clipped or not; `of_networks` are the doubts about
    the networks that made it.
    """
    if (clipped := clipped_share(locations)) > MAX_CLIPPED:
        return [f"{clipped:.1%} of its locations are at the border of the image", *of_networks]
    return [*of_networks]
