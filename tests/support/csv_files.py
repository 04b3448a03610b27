"""A tiny competition as text, for tests that spoil one cell of it."""

import csv
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from kaggle_fkd.competition.archive import BUNDLE
from kaggle_fkd.competition.lookup import Lookup
from kaggle_fkd.keypoints import KAGGLE15

FEATURES = list(KAGGLE15.feature_names)


def training_table(rows: int = 6, seed: int = 0) -> pd.DataFrame:
    """Rows of noise as text; the second half is in convention B."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.uniform(0, 95, (rows, 30)).round(3).astype(str), columns=FEATURES)
    marked = KAGGLE15.conventions[1].keypoints
    shared = [f"{KAGGLE15.names[k]}_{axis}" for k in marked for axis in "xy"]
    table.loc[rows // 2 :, [name for name in FEATURES if name not in shared]] = ""
    return table.assign(Image=_images(rows, rng))


def test_table(rows: int = 4, seed: int = 1) -> pd.DataFrame:
    """Test images of noise as text, with ImageIds from 1."""
    return pd.DataFrame(
        {
            "ImageId": [str(i + 1) for i in range(rows)],
            "Image": _images(rows, np.random.default_rng(seed)),
        }
    )


test_table.__test__ = False


def lookup_table(images: int = 4) -> pd.DataFrame:
    """Every feature of the first half of the images, the shared ones of the others."""
    rows = []
    for image in range(images):
        keypoints = range(15) if image < images // 2 else KAGGLE15.conventions[1].keypoints
        names = [f"{KAGGLE15.names[k]}_{axis}" for k in keypoints for axis in "xy"]
        rows += [(str(image + 1), name) for name in names]
    table = pd.DataFrame(rows, columns=["ImageId", "FeatureName"])
    table.insert(0, "RowId", [str(i + 1) for i in range(len(table))])
    return table.assign(Location="")


def tables() -> dict[str, pd.DataFrame]:
    """The three required tables, by file name."""
    return {
        "training.csv": training_table(),
        "test.csv": test_table(),
        "IdLookupTable.csv": lookup_table(),
    }


def write_plain(folder: Path, files: dict[str, pd.DataFrame]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in files.items():
        table.to_csv(folder / name, index=False)
    return folder


def write_inner_zips(folder: Path, files: dict[str, pd.DataFrame]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in files.items():
        with zipfile.ZipFile(folder / name.replace(".csv", ".zip"), "w") as archive:
            archive.writestr(name, table.to_csv(index=False))
    return folder


def write_bundle(folder: Path, files: dict[str, pd.DataFrame]) -> Path:
    """As Kaggle ships it: the image tables zipped once more inside."""
    inner = write_inner_zips(folder / "inner", files)
    with zipfile.ZipFile(folder / BUNDLE, "w") as archive:
        for name, table in files.items():
            if name.startswith("t"):
                zipped = inner / name.replace(".csv", ".zip")
                archive.write(zipped, zipped.name)
            else:
                archive.writestr(name, table.to_csv(index=False))
    for path in inner.iterdir():
        path.unlink()
    inner.rmdir()
    return folder


def _images(rows: int, rng: np.random.Generator) -> list[str]:
    pixels = rng.integers(0, 256, (rows, 96 * 96))
    return [" ".join(map(str, row)) for row in pixels]


def lookup_of(table: pd.DataFrame) -> Lookup:
    """The loaded form of `lookup_table`."""
    features = [KAGGLE15.feature_names.index(name) for name in table["FeatureName"]]
    images = table["ImageId"].astype(int).to_numpy() - 1
    row_ids = table["RowId"].astype(int).to_numpy()
    return Lookup(row_ids, images, np.array(features), 4, len(KAGGLE15.names))


LOOKUP = lookup_of(lookup_table())


def spoil(table: pd.DataFrame, row: int, column: str, value: str) -> pd.DataFrame:
    """The table, in which one cell has been replaced."""
    table.loc[row, column] = value
    return table


def rows(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, by the names of the columns."""
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))
