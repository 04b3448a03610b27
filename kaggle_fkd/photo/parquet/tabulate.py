"""`tabulate`: the faces of any number of pictures as a table; a repeated call continues it."""

from collections.abc import Generator, Sequence
from contextlib import closing

from kaggle_fkd.errors import PictureError
from kaggle_fkd.inference.providers import processor_count
from kaggle_fkd.photo.parquet.cluster import write_parts_with_ray
from kaggle_fkd.photo.parquet.part import PartWriter, Work, describe_networks
from kaggle_fkd.photo.parquet.processes import write_parts
from kaggle_fkd.photo.parquet.table import FaceTable, begin_table
from kaggle_fkd.system.console import log, progress
from kaggle_fkd.system.temporary import remove_leftovers
from kaggle_fkd.system.text import count_of


def tabulate(
    inputs: Sequence[str],
    work: Work,
    part_size: int,
    *,
    jobs: int | None = None,
    ray: str | None = None,
) -> PictureError | None:
    """Write the table of the faces in all pictures; an error if some pictures failed.

    `inputs` stand for files, as `files_of` finds them; `part_size` of these are in each file of the
    table. `jobs` processes work at the same time, by default one for each processor; 1 is this
    process alone. With `ray`, the address of a cluster or "local", they are Ray's. Parts that are
    finished are not written again.

    Raises what `begin_table`, `PartWriter.write`, `write_parts` and `write_parts_with_ray` raise.
    """
    finder = work.finder.load()
    table = begin_table(work.folder, inputs, part_size, describe_networks(finder))
    left = table.unfinished()
    if not left:
        log.info(
            "%s is complete; its pictures were listed %s", table.folder, table.record["written"]
        )
    elif len(left) < table.parts:
        log.info("%s: %d of %s left", table.folder, len(left), count_of(table.parts, "part"))
    with (
        closing(_written(PartWriter(table, finder), work, left, jobs, ray)) as written,
        progress(None, "pictures", table.pictures_in(left)) as bar,
    ):
        for pictures in written:
            bar.update(pictures)
    remove_leftovers(table.folder, depth=0)  # not all readers ignore hidden files
    return _report(table)


def _written(
    writer: PartWriter, work: Work, parts: Sequence[int], jobs: int | None, ray: str | None
) -> Generator[int, None, None]:
    """Write these parts, by `writer` or other processes; the number of pictures of each."""
    # Not len(parts): the last part may be one that kills its process.
    jobs_here = min(jobs or processor_count(), writer.table.parts)
    if parts and ray is not None:
        yield from write_parts_with_ray(work, parts, jobs, ray)
    elif jobs_here > 1:
        yield from write_parts(work, parts, jobs_here)
    else:
        yield from map(writer.write, parts)


def _report(table: FaceTable) -> PictureError | None:
    """Log how many faces there are; an error if some pictures failed."""
    faces, failed, empty = table.count_rows()
    log.info(
        "%s: %s, %s; %s without a face", table.folder, count_of(table.pictures, "picture"),
        count_of(faces, "face"), count_of(empty, "picture"),
    )  # fmt: skip
    if not failed:
        return None
    return PictureError(
        f"{failed} of {count_of(table.pictures, 'picture')} failed",
        f"the column failure of {table.folder} has the reasons",
    )
