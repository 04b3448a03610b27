"""Keypoint schemes: names, order, mirror pairs, groups and label conventions.

Only this folder spells a keypoint's name; everything else takes a `KeypointScheme`. A scheme of
your own is a TOML file (`read_scheme`). Left and right are the subject's.
"""

from kaggle_fkd.keypoints.eyes import EYES
from kaggle_fkd.keypoints.ibug68 import IBUG68
from kaggle_fkd.keypoints.kaggle15 import KAGGLE15
from kaggle_fkd.keypoints.scheme import Contour, Convention, KeypointScheme
from kaggle_fkd.keypoints.scheme_file import read_scheme

__all__ = [
    "EYES",
    "IBUG68",
    "KAGGLE15",
    "Contour",
    "Convention",
    "KeypointScheme",
    "convertible_to",
    "read_scheme",
]


def convertible_to(scheme: KeypointScheme) -> tuple[KeypointScheme, ...]:
    """The schemes whose keypoints follow from those of `scheme`, which is the first of them."""
    return (IBUG68, KAGGLE15) if scheme == IBUG68 else (scheme,)
