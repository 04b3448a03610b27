"""Annotated pictures of any keypoint scheme, from folders and zips, as a data set."""

from kaggle_fkd.photo.annotations.load import load_annotated
from kaggle_fkd.photo.annotations.pts import read_pts_file, write_pts_file

__all__ = ["load_annotated", "read_pts_file", "write_pts_file"]
