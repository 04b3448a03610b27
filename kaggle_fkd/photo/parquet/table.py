"""`FaceTable`: a folder of Parquet files with the faces of any number of pictures.

Files whose names begin with an underscore are not part of the data: `_listing` has the pictures,
and `_table.json`, which is written when the listing is complete, what the table is made of.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kaggle_fkd.errors import FkdError, PictureError, UsageError
from kaggle_fkd.imaging.picture import ASTRONAUT, unreadable
from kaggle_fkd.photo.input_files import LIST_SUFFIX, PICTURES, files_of
from kaggle_fkd.photo.parquet.listing import count_listed, read_listing, write_listing
from kaggle_fkd.photo.video.frames import VIDEO_SUFFIXES, is_video
from kaggle_fkd.runs.provenance import provenance
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.system.files import read_json_or_empty, sha256_of, writing_to
from kaggle_fkd.system.reading import read_file
from kaggle_fkd.system.receipts import files_are_as_written, write_receipt
from kaggle_fkd.system.text import count_of

LISTING, RECORD = "_listing", "_table.json"
REQUIRED: Mapping[str, type] = {"inputs": dict, "pictures": int, "folder": str}
"""What the record must have, and of which types."""
OTHER_FOLDER = "name another folder for this table"


@dataclass(frozen=True)
class FaceTable:
    """A table that was begun: its pictures are listed, and some of its parts may be finished."""

    folder: Path
    """Its folder."""
    record: Mapping[str, Any]
    """What `_table.json` says."""

    @property
    def pictures(self) -> int:
        """The number of pictures."""
        return int(self.record["pictures"])

    @property
    def parts(self) -> int:
        """The number of parts, finished or not."""
        return math.ceil(self.pictures / self._part_size)

    def part_file(self, part: int) -> Path:
        """The Parquet file of a part, by its number from 0. It is finished if it exists."""
        return self.folder / f"part-{part:05d}.parquet"

    def unfinished(self) -> list[int]:
        """The numbers of the parts that are not finished."""
        finished = {path.name for path in self.folder.glob("part-*.parquet")}
        return [each for each in range(self.parts) if self.part_file(each).name not in finished]

    def pictures_in(self, parts: Sequence[int]) -> int:
        """The number of pictures in these parts."""
        size = self._part_size
        return sum(min(size, self.pictures - size * part) for part in parts)

    def listed(self, part: int) -> Iterator[tuple[str, Path]]:
        """The pictures of a part: each as it was given, and the path that it is read from."""
        for picture in read_listing(self.folder / LISTING, part):
            path = Path(picture)
            yield picture, path if picture == ASTRONAUT else Path(self.record["folder"], path)

    def count_rows(self) -> tuple[int, int, int]:
        """The numbers of faces, of pictures that failed, and of pictures without a face.

        All parts must be finished. Raises FkdError for one that is damaged.
        """
        from pyarrow import BufferReader
        from pyarrow.parquet import ParquetFile

        faces = failed = rows = 0
        for part in range(self.parts):
            try:
                content = BufferReader(read_file(self.part_file(part)))
                with ParquetFile(content) as file:
                    # A thread of pyarrow that lets go of Python's bytes while the process ends
                    # would abort it (apache/arrow#50482).
                    columns = file.read(["face", "failure"], use_threads=False)
                    found = len(columns) - columns["face"].null_count
                    failures = len(columns) - columns["failure"].null_count
            except (OSError, ValueError, KeyError) as error:  # pyarrow's own are a ValueError
                raise FkdError(
                    f"{self.part_file(part)} is damaged", "delete it, and repeat the command"
                ) from error
            rows += len(columns)
            faces += found
            failed += failures
        return faces, failed, rows - faces - failed

    def differences(self, made_of: Mapping[str, Any]) -> list[str]:
        """What of `made_of` is not as it was when the table was begun, in words."""
        own = self.record["inputs"]
        return [key.replace("_", " ") for key in made_of if own.get(key) != made_of[key]]

    @property
    def _part_size(self) -> int:
        return int(self.record["inputs"]["part_size"])


def open_table(folder: Path) -> FaceTable:
    """The table in that folder; FkdError if its record is missing or damaged."""
    record = read_json_or_empty(folder / RECORD, REQUIRED)
    if not record.keys() >= REQUIRED.keys():
        raise FkdError(f"{folder / RECORD} is missing or damaged", OTHER_FOLDER)
    return FaceTable(folder, record)


def begin_table(
    folder: Path, inputs: Sequence[str], part_size: int, networks: Mapping[str, Any]
) -> FaceTable:
    """The table of these pictures: a new one, whose pictures are listed now, or the one in there.

    `inputs` stand for files, as `files_of` finds them; videos are left out. `networks` says what
    finds the faces, as `describe_networks` does. The inputs are listed once: pictures that are
    added to them later are not in the table.

    Raises UsageError if the folder has a table of other inputs, settings, networks or of another
    version, or other files; MissingPictureError or PictureError for inputs that lead to no picture;
    FkdError if the table there is damaged, or the folder cannot be written.
    """
    made_of = _inputs_as_they_are(inputs) | {"part_size": part_size, **networks}
    if (folder / RECORD).exists():
        table = open_table(folder)
        if different := table.differences(made_of):
            raise UsageError(f"{folder} was begun with other {', '.join(different)}", OTHER_FOLDER)
        if not files_are_as_written(folder / RECORD):
            raise FkdError(f"{folder / LISTING} is missing or damaged", OTHER_FOLDER)
        if count_listed(folder / LISTING) != table.pictures:
            raise FkdError(f"{folder / RECORD} is damaged", OTHER_FOLDER)
        return table
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if any(not path.name.startswith(("_", ".")) for path in folder.iterdir()):
            raise UsageError(f"{folder} has files that are not of a table", OTHER_FOLDER)
    pictures = _Pictures(inputs)
    count = write_listing(folder / LISTING, progress(pictures, "pictures listed"), part_size)
    if pictures.videos:
        log.warning("%s: %s left out", folder, count_of(pictures.videos, "video"))
    if not count:
        raise PictureError("there is no picture among the inputs", "give pictures, not videos")
    details = {"pictures": count, "videos": pictures.videos, "folder": str(Path.cwd())}
    write_receipt(folder / RECORD, made_of, [folder / LISTING], **details, **provenance())
    return open_table(folder)


def _inputs_as_they_are(inputs: Sequence[str]) -> dict[str, Any]:
    """The inputs, wherever the call is made, and the sha256 of lists."""
    paths = [Path(text) if text == ASTRONAUT else Path(text).absolute() for text in inputs]
    lists = [path for path in paths if path.suffix.lower() == LIST_SUFFIX and path.is_file()]
    return {"inputs": [*map(str, paths)], "lists": {str(path): _digest(path) for path in lists}}


def _digest(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise unreadable(path, error) from error


class _Pictures:
    """The pictures of the inputs, one after the other; videos are counted."""

    def __init__(self, inputs: Sequence[str]) -> None:
        self.inputs, self.videos = inputs, 0

    def __iter__(self) -> Iterator[str]:
        for text in self.inputs:
            for file in files_of(text, (*PICTURES, *VIDEO_SUFFIXES)):
                if is_video(Path(file)):
                    self.videos += 1
                else:
                    yield file
