"""Facial keypoints: from the Kaggle competition to a submission in one command."""

__version__ = "0.1.0"
