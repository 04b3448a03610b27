"""Facial keypoints: from the Kaggle competition to any photograph.

from kaggle_fkd import FaceKeypoints
faces = FaceKeypoints().detect("family.jpg")
"""

from typing import Any

__version__ = "0.2.0"


def __getattr__(name: str) -> Any:
    """`FaceKeypoints`, imported when it is first asked for: torch takes seconds."""
    if name == "FaceKeypoints":
        from kaggle_fkd.photo.finder import FaceKeypoints

        return FaceKeypoints
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
