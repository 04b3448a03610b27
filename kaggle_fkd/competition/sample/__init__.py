"""Sample faces, which are generated, so that everything can be tried without Kaggle's files."""

from kaggle_fkd.competition.sample.files import SampleSize, write_sample_competition
from kaggle_fkd.competition.sample.photograph import sample_faces

__all__ = ["SampleSize", "sample_faces", "write_sample_competition"]
