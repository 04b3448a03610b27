"""What reading training.csv costs, as most notebooks do it and as this package does."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.cost.row import Row, seconds_of
from kaggle_fkd.competition.archive import TRAINING, find_files
from kaggle_fkd.competition.cache import CACHE
from kaggle_fkd.competition.load import load_competition
from kaggle_fkd.competition.tables import read_training
from kaggle_fkd.keypoints import KAGGLE15

REPEATS = 3


def loading_costs(folder: Path) -> Iterator[Row]:
    """The rows of the section `loading`, for the competition's files in a folder.

    Its cache is deleted, and then made anew.
    """
    file = find_files(folder)[TRAINING]
    with file.open() as stream:
        rows = f"{sum(1 for _ in stream) - 1} rows"
    for name, parse in (("split", split_pixels), ("np.fromstring", pixels_from_string)):
        seconds = seconds_of(partial(_usual, folder, parse), REPEATS)
        yield Row(f"training.csv with pandas, apply and {name}", rows, seconds, "s")
    seconds = seconds_of(lambda: read_training(file, KAGGLE15), REPEATS)
    yield Row("training.csv with this package, every cell checked", rows, seconds, "s")
    shutil.rmtree(folder / CACHE, ignore_errors=True)
    seconds = seconds_of(lambda: load_competition(folder))
    yield Row("all files with this package, without cache", rows, seconds, "s")
    seconds = seconds_of(lambda: load_competition(folder), REPEATS)
    yield Row("all files with this package, from its cache", rows, seconds, "s")


def split_pixels(text: str) -> NDArray[np.uint8]:
    """The pixels of a cell, as most notebooks read them."""
    return np.array(text.split(), dtype=np.uint8)


def pixels_from_string(text: str) -> NDArray[np.uint8]:
    """The pixels of a cell, as faster notebooks read them."""
    return np.fromstring(text, dtype=np.uint8, sep=" ")


def _usual(folder: Path, parse: Callable[[str], Any]) -> NDArray[np.uint8]:
    with find_files(folder)[TRAINING].open() as stream:
        table = pd.read_csv(stream)
    return np.stack(table["Image"].apply(parse).to_list()).reshape(-1, 96, 96)
