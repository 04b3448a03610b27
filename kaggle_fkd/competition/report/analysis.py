"""The analysis of the training faces that the eda stage has written, as a report reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from kaggle_fkd import __version__
from kaggle_fkd.competition.eda.folder import analysis_folder
from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.report.sources import stored_table
from kaggle_fkd.system.files import read_json_or_empty
from kaggle_fkd.system.receipts import files_are_as_written


@dataclass(frozen=True)
class StoredAnalysis:
    """A folder of figures, tables and main numbers."""

    folder: Path
    summary: Mapping[str, Any]
    """The main numbers of each topic; those of a topic that was skipped are empty."""

    def table(self, name: str, columns: Sequence[str]) -> pd.DataFrame | None:
        """A table of the analysis, None if its topic was skipped; DataError if it is damaged."""
        return stored_table(self.folder / f"{name}.csv", columns)


def read_analysis(runs_dir: Path, faces: FaceDataset) -> StoredAnalysis | None:
    """The complete analysis of these faces by this version; None if there is none."""
    folder = analysis_folder(runs_dir, faces)
    receipt = folder / "inputs.json"
    version = read_json_or_empty(receipt, {"inputs": dict}).get("inputs", {}).get("version")
    if version != __version__ or not files_are_as_written(receipt):
        return None
    return StoredAnalysis(folder, read_json_or_empty(folder / "summary.json"))
