"""Faces that this package draws itself, for trying everything out without Kaggle's files."""

from kaggle_fkd.competition.sample.competition import SampleSize, write_sample_competition
from kaggle_fkd.competition.sample.photograph import sample_faces

__all__ = ["SampleSize", "sample_faces", "write_sample_competition"]
