"""Facial keypoints: from the Kaggle competition to any photograph.

    from kaggle_fkd import FaceKeypoints

    faces = FaceKeypoints().detect("family.jpg")

All public names are here, and are imported when they are first used: torch takes seconds.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kaggle_fkd.competition.load import load_competition as load_competition
    from kaggle_fkd.competition.sample.competition import sample_competition as sample_competition
    from kaggle_fkd.competition.submission import check_submission as check_submission
    from kaggle_fkd.competition.submission import write_submission as write_submission
    from kaggle_fkd.config import PredictConfig as PredictConfig
    from kaggle_fkd.errors import FkdError as FkdError
    from kaggle_fkd.experiment import cross_validate as cross_validate
    from kaggle_fkd.experiment import predict as predict
    from kaggle_fkd.experiment import train as train
    from kaggle_fkd.figures.gallery import gallery as gallery
    from kaggle_fkd.keypoints.pts import read_pts_file as read_pts_file
    from kaggle_fkd.keypoints.pts import write_pts_file as write_pts_file
    from kaggle_fkd.photo.face import DetectedFace as DetectedFace
    from kaggle_fkd.photo.finder import FaceKeypoints as FaceKeypoints

__version__ = "0.3.0"

_MODULES = {
    "DetectedFace": "photo.face",
    "FaceKeypoints": "photo.finder",
    "FkdError": "errors",
    "PredictConfig": "config",
    "check_submission": "competition.submission",
    "cross_validate": "experiment",
    "gallery": "figures.gallery",
    "load_competition": "competition.load",
    "predict": "experiment",
    "read_pts_file": "keypoints.pts",
    "sample_competition": "competition.sample.competition",
    "train": "experiment",
    "write_pts_file": "keypoints.pts",
    "write_submission": "competition.submission",
}
"""The public names, and the modules that they are imported from."""

__all__ = ["__version__", *_MODULES]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
