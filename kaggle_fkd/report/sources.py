"""What a report is made of: a run, and what the stages have written about it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import DataError
from kaggle_fkd.evaluation.oof_file import read_predictions
from kaggle_fkd.evaluation.out_of_fold import covered_by
from kaggle_fkd.runs.evaluation_receipt import evaluated_by_this_version
from kaggle_fkd.runs.find import evaluation_folder
from kaggle_fkd.runs.overview import RunSummary, summarise_run
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.files import read_json_or_empty
from kaggle_fkd.system.reading import read_csv_file


@dataclass(frozen=True)
class Evaluation:
    """The out-of-fold predictions of a run, and the folder with what was found in them."""

    folder: Path
    """RUNS_DIR/evaluation-RUN."""
    record: Mapping[str, Any]
    """evaluation.json."""
    predicted: NDArray[np.float32]
    """N x K x 3 pixels, keypoints and expected errors; NaN where a convention marks none."""
    faces: FaceDataset
    """The N faces that were predicted, without their margin."""

    def table(self, name: str, columns: Sequence[str]) -> pd.DataFrame | None:
        """The table of that name in the folder; None if it was not written."""
        return stored_table(self.folder / name, columns)


@dataclass(frozen=True)
class ReportSources:
    """A run, and the folders in which stages write."""

    run: Run
    runs_dir: Path
    submissions_dir: Path
    command: Callable[[str], str]
    """The command line of a stage, by its name, for these folders and this run."""

    @cached_property
    def summary(self) -> RunSummary:
        """The run's line in the overview of all runs."""
        return summarise_run(self.run, self.runs_dir)

    @property
    def evaluation_folder(self) -> Path:
        """Where an evaluation of the run is, if there is one."""
        return evaluation_folder(self.runs_dir, [self.run])

    @cached_property
    def evaluation_record(self) -> Mapping[str, Any]:
        """evaluation.json of this version's evaluation of the run's networks; empty without one.

        Raises DataError if a file of the evaluation was changed.
        """
        folder = self.evaluation_folder
        if not evaluated_by_this_version(folder, [self.run]):
            return {}
        return read_json_or_empty(folder / "evaluation.json")


def read_evaluation(sources: ReportSources, faces: FaceDataset) -> Evaluation | None:
    """The run's evaluation by this version; None if it has no out-of-fold predictions.

    `faces` are those that the run was trained on. Raises DataError if the evaluation was changed,
    or belongs to other faces.
    """
    folder, record = sources.evaluation_folder, sources.evaluation_record
    if not record or not (folder / "oof.csv").exists():
        return None
    faces = faces.inner()
    predicted = read_predictions(folder / "oof.csv", faces)
    covered = covered_by(predicted, faces)
    return Evaluation(folder, record, predicted[covered], faces[covered])


def stored_table(path: Path, columns: Sequence[str]) -> pd.DataFrame | None:
    """A table that a stage has written, None if there is none; at least it has these columns.

    Raises DataError if the file is damaged.
    """
    if not path.exists():
        return None
    try:
        table = read_csv_file(path)
        _ = table[list(columns)]
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"{path}: cannot be read as a table ({error})", "let its stage write it again"
        ) from error
    return table
