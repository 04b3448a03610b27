"""Tables of faces for tests: lists of the built-in photograph, and what makes their parts."""

from pathlib import Path

from kaggle_fkd.photo.finder_config import FinderConfig
from kaggle_fkd.photo.parquet.part import Work, describe_networks
from kaggle_fkd.photo.parquet.table import FaceTable, begin_table

PART = 5


def list_of_pictures(folder: Path, count: int, *others: Path) -> Path:
    """A list of that many pictures: one that is missing, the others, and the built-in one."""
    path, first = folder / "list.txt", ["/no/such/gone.jpg", *map(str, others)]
    path.write_text("\n".join([*first, *["astronaut"] * (count - len(first))]))
    return path


def begun(folder: Path, count: int, *others: Path) -> tuple[FaceTable, Work]:
    """A table of that many pictures, none of its parts of 5 written, and what writes them."""
    work = Work(folder / "table.parquet", FinderConfig())
    given = [str(list_of_pictures(folder, count, *others))]
    return begin_table(work.folder, given, PART, describe_networks(work.finder.load())), work


def written(table: FaceTable) -> dict[str, int]:
    """When each of its finished parts was written."""
    return {path.name: path.stat().st_mtime_ns for path in table.folder.glob("part-*")}
