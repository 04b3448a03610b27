"""Pictures a second of a table of faces (`photo --table`), in one process and in several.

    python benchmarks/table.py --out results/table [--pictures FOLDER] [--jobs 1 2 4]

Without a folder, the pictures are the astronaut's, 512 x 512 pixels as JPEG, `COUNT` times. Each
process computes with one thread. A time is that of the complete table, with the listing and the
start of the processes; it is the median of `REPEATS`, taken in turns. What is read is in memory
after the first time, so the speed of a disk or a network is not measured. The ideal is the rate of
one process times their number. Writes table.csv, and prints it.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pandas as pd
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from kaggle_fkd.errors import UsageError
from kaggle_fkd.imaging.picture import read_picture
from kaggle_fkd.inference.providers import processor_count
from kaggle_fkd.photo.finder_config import FinderConfig
from kaggle_fkd.photo.parquet.part import Work
from kaggle_fkd.photo.parquet.table import open_table
from kaggle_fkd.photo.parquet.tabulate import tabulate
from kaggle_fkd.runs.provenance import source_commit
from kaggle_fkd.system.console import run_reporting_errors, set_up
from kaggle_fkd.system.device import describe_device
from kaggle_fkd.system.files import write_text

COUNT, REPEATS, PART_SIZE = 3000, 3, 50
"""Pictures, tables for each number of processes, and pictures in a part."""


def copies(folder: Path) -> str:
    """A list of one picture, `COUNT` times."""
    Image.fromarray(read_picture("astronaut")).save(folder / "astronaut.jpg", quality=92)
    (folder / "list.txt").write_text(f"{folder / 'astronaut.jpg'}\n" * COUNT)
    return str(folder / "list.txt")


def seconds_of(pictures: str, jobs: int) -> tuple[float, int]:
    """The time of a table, and the number of its pictures."""
    with TemporaryDirectory() as folder:
        work = Work(Path(folder) / "faces.parquet", FinderConfig())
        start = time.perf_counter()
        tabulate([pictures], work, PART_SIZE, jobs=jobs)
        return time.perf_counter() - start, open_table(work.folder).pictures


def main() -> None:
    """Measure, write and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures")
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    set_up(quiet=False)
    if options.jobs[0] != 1:
        raise UsageError("the ideal is that of one process", "give --jobs 1 and others")
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    times: dict[int, list[float]] = {jobs: [] for jobs in options.jobs}
    with TemporaryDirectory() as folder:
        pictures = options.pictures or copies(Path(folder))
        for _ in range(REPEATS):
            for jobs, taken in times.items():
                seconds, count = seconds_of(pictures, jobs)
                taken.append(seconds)
    table = pd.DataFrame({"jobs": times.keys(), "pictures": count})
    table["seconds"] = [float(np.median(taken)) for taken in times.values()]
    table["pictures_per_second"] = table["pictures"] / table["seconds"]
    table["ideal"] = table["jobs"] * table["pictures_per_second"][0]
    each = describe_device(torch.device("cpu"))
    table["commit"], table["hardware"] = source_commit(), f"{each} of {processor_count()}"
    write_text(options.out / "table.csv", table.to_csv(index=False, float_format="%.2f"))
    print(table.to_string(index=False, float_format="%.2f"))


if __name__ == "__main__":
    sys.exit(run_reporting_errors(main))
