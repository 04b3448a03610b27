"""Facial keypoints: from the Kaggle competition to a submission in one command."""

__version__ = "0.2.0"
