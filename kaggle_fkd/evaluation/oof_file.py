"""oof.csv: out-of-fold predictions with their expected errors, as a table."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError
from kaggle_fkd.system.files import write_table
from kaggle_fkd.system.reading import read_csv_file


def write_predictions(path: Path, faces: FaceDataset, predicted: NDArray[np.floating]) -> None:
    """Write N x K x 3 predictions as CSV: each face's `row` of training.csv, then every keypoint's
    x, y and expected error.

    Keypoints that a face's convention does not mark are left empty.
    """
    shown = np.where(faces.marked[:, :, None], predicted.astype(np.float64), np.nan)
    table = pd.DataFrame(shown.reshape(len(faces), -1), columns=list(faces.scheme.predicted_names))
    table.insert(0, "row", faces.ids)
    write_table(path, table, "%.4f")


def read_predictions(path: Path, faces: FaceDataset) -> NDArray[np.float32]:
    """The N x K x 3 predictions that `write_predictions` wrote for these faces, NaN where empty.

    Raises DataError when the file cannot be read or belongs to other faces.
    """
    remedy = "use the oof.csv of an evaluation of these faces"
    try:
        table = read_csv_file(path)
        with np.errstate(over="ignore"):  # 1e39 becomes infinite, and is rejected
            predicted = table[list(faces.scheme.predicted_names)].to_numpy(np.float32)
        if np.isinf(predicted).any():
            raise ValueError("it has a number that is not finite")
        rows = table["row"].to_numpy()
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path}: cannot be read as predictions ({error})", remedy) from error
    if not np.array_equal(rows, faces.ids):
        raise DataError(f"{path}: its rows are not those of the training faces", remedy)
    return predicted.reshape(*faces.keypoints.shape[:2], 3)
