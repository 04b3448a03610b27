"""Pictures annotated with the 68 points of iBUG, from folders and zips, as faces."""

from kaggle_fkd.photo.annotations.load import load_points68

__all__ = ["load_points68"]
