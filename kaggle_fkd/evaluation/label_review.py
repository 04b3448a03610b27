"""`LabelReview`: the suspects of a label audit, for a person who decides about their labels."""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kaggle_fkd.dataset import FaceDataset
from kaggle_fkd.errors import RunError
from kaggle_fkd.evaluation.oof_file import read_predictions
from kaggle_fkd.runs.find import evaluation_folder, named_runs, runs_in
from kaggle_fkd.runs.run import Run
from kaggle_fkd.training.corrected_labels import fixes_in
from kaggle_fkd.training.data import same_data
from kaggle_fkd.training.keypoint_data import KeypointData
from kaggle_fkd.training.label_fixes import Fix, read_fixes, write_fixes
from kaggle_fkd.training.select import require_same_data
from kaggle_fkd.training.suspects import read_audit

AUDIT = "audit.csv"
"""The audit's table in the folder of an evaluation."""
FIXES = "label_fixes.csv"
"""The file of the decisions, beside the audit."""


@dataclass(frozen=True)
class Suspect:
    """A face whose labels an audit suspects."""

    row: int
    """Its id: its row in training.csv, counted from 0."""
    score: float
    """How suspicious it is (`evaluation.audit`)."""
    reason: str
    """The most likely mistake, in words."""
    keypoint: str
    """The name of the displaced keypoint; empty: several, or all of them."""


@dataclass(frozen=True)
class LabelReview:
    """What is decided about, and the file of the decisions."""

    faces: FaceDataset
    """The training faces with their published labels, without a margin."""
    predicted: NDArray[np.float32]
    """N x K x 3, the out-of-fold predictions, NaN where there is none."""
    suspects: tuple[Suspect, ...]
    """The suspected faces, the most suspicious first."""
    fixes_file: Path
    """The CSV file of the decisions; it need not exist yet."""
    trained_with: tuple[Fix, ...] = ()
    """The fixes that the run was trained with, from which the decisions start."""

    def fixes(self) -> tuple[Fix, ...]:
        """All decisions so far; DataError for a file that cannot be read, or of other faces."""
        if not self.fixes_file.exists():
            return self.trained_with
        return read_fixes(self.fixes_file, self.faces)

    def decide(self, row: int, fixes: Iterable[Fix]) -> None:
        """Replace the decisions about a face by these; those about other faces stay in the file.

        Raises what `fixes` raises, and FkdError if the file cannot be written.
        """
        others = [fix for fix in self.fixes() if fix.row != row]
        write_fixes(self.fixes_file, [*others, *fixes])


def open_review(runs_dir: Path, names: Sequence[str], faces: FaceDataset) -> LabelReview:
    """The review of the evaluation of the named runs, or of the newest evaluated run, of these
    training faces.

    Raises RunError if they were not evaluated, trained on other faces, or with different label
    fixes, and DataError for a file of the evaluation that cannot be read.
    """
    runs = _evaluated_runs(runs_dir, names, KeypointData(faces))
    folder = evaluation_folder(runs_dir, runs)
    table = read_audit(folder / AUDIT, faces)
    table = table[table["suspected"]].sort_values("score", ascending=False, kind="stable")
    suspects = tuple(
        Suspect(row, score, reason, keypoint)
        for row, score, reason, keypoint in zip(
            table["row"].tolist(), table["score"].tolist(), table["reason"], table["keypoint"],
            strict=True,
        )
    )  # fmt: skip
    predicted = read_predictions(folder / "oof.csv", faces)
    review = LabelReview(faces, predicted, suspects, folder / FIXES, _fixes_of(runs, faces))
    review.fixes()  # raises for a damaged file before anything is decided
    return review


def keep_decisions(old: Path, new: Path) -> None:
    """Copy the decisions of an evaluation into the folder of the one that replaces it."""
    if (old / FIXES).exists():
        shutil.copyfile(old / FIXES, new / FIXES)


def _evaluated_runs(runs_dir: Path, names: Sequence[str], data: KeypointData) -> list[Run]:
    """The named runs, or the newest run that was evaluated, of these data if there is one."""
    if names:
        runs = named_runs(runs_dir, names)
    else:
        evaluated = [run for run in runs_in(runs_dir) if _audit_file(runs_dir, [run]).exists()]
        runs = ([run for run in evaluated if same_data(run, data)] or evaluated)[:1]
    if not runs:
        raise RunError(f"{runs_dir}: no run was evaluated", "do so first: kaggle-fkd evaluate")
    for run in runs:
        require_same_data(run, data)
    if not (audit := _audit_file(runs_dir, runs)).exists():
        together = ",".join(run.name for run in runs)
        raise RunError(
            f"{audit}: there is no such file",
            f"make it first: kaggle-fkd evaluate --run {together}",
        )
    return runs


def _fixes_of(runs: Sequence[Run], faces: FaceDataset) -> tuple[Fix, ...]:
    """The label fixes that runs were trained with; RunError if there are several."""
    files = [run.label_files.fixes for run in runs if run.label_files.fixes is not None]
    different = {fixes_in(file, faces) for file in files}
    if len(different) > 1:
        raise RunError(
            "the runs were trained with different label fixes, which cannot be reviewed together",
            "review the evaluation of one of them",
        )
    return different.pop() if different else ()


def _audit_file(runs_dir: Path, runs: Sequence[Run]) -> Path:
    """Where the audit of these runs, evaluated together, is."""
    return evaluation_folder(runs_dir, runs) / AUDIT
