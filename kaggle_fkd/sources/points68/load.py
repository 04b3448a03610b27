"""`load_points68`: annotated pictures, wherever they lie, as faces to train on."""

from collections.abc import Iterable
from pathlib import Path

from kaggle_fkd.errors import NoDataError
from kaggle_fkd.faces import Faces
from kaggle_fkd.sources.points68.annotated import AnnotatedPicture
from kaggle_fkd.sources.points68.crops import crop_faces
from kaggle_fkd.sources.points68.pts import read_pts
from kaggle_fkd.sources.points68.tree import FileTree
from kaggle_fkd.sources.points68.udacity import read_udacity
from kaggle_fkd.system.console import log


def youtube68_in(data_dir: Path) -> Path:
    """Where Udacity's frames are, or go: a folder youtube68, or else youtube68.zip."""
    folder = data_dir / "youtube68"
    return folder if folder.is_dir() else folder.with_suffix(".zip")


def load_points68(paths: Iterable[Path], size: int, margin: int, part: str = "training") -> Faces:
    """The faces in any mix of folders and zips, cut as `crop_faces` does.

    Frames in Udacity's layout and pictures with `.pts` files are found at any depth. `part` is
    that of Udacity's layout, whose published test frames are read only when asked for.
    Raises NoDataError for a path without any, DataError for the first thing that is wrong.
    """
    pictures = [picture for path in paths for picture in find_pictures(path, part)]
    return crop_faces(pictures, size, margin)


def find_pictures(path: Path, part: str = "training") -> list[AnnotatedPicture]:
    """The annotated pictures of one folder or zip; raises as `load_points68` does."""
    tree = FileTree(path)
    pictures = [*read_udacity(tree, part), *read_pts(tree)]
    if not pictures:
        raise NoDataError(
            f"{path}: no rows of a {part}_frames_keypoints.csv below it, and no .pts files",
            "name the folder, or the zip itself, of youtube68 or of pictures with .pts files",
        )
    log.info("%s: %d annotated pictures", path, len(pictures))
    return pictures
