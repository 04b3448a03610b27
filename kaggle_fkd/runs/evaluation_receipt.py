"""The receipt of an evaluation: which networks it is of, and the sha256 of its tables and figures.

The folder's name is not enough: a run can be trained further, and runs of other folders can have
the same name.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kaggle_fkd import __version__
from kaggle_fkd.errors import DataError
from kaggle_fkd.runs.run import Run
from kaggle_fkd.system.files import read_json_or_empty
from kaggle_fkd.system.receipts import files_are_as_written, write_receipt

RECEIPT = "receipt.json"
"""Its name in the folder of the evaluation."""


def write_evaluation_receipt(folder: Path, runs: Sequence[Run]) -> None:
    """Write the receipt of all files in the folder, an evaluation of the runs; FkdError if that
    fails.

    Pictures in folders of it, and the decisions of a label review, which are made later, are not
    part of it.
    """
    files = sorted(each for each in folder.iterdir() if each.is_file() and each.name != RECEIPT)
    write_receipt(folder / RECEIPT, _inputs(runs), files)


def is_evaluation_of(folder: Path, runs: Sequence[Run]) -> bool:
    """Whether the folder has an evaluation, of any version, of the networks the runs have now."""
    inputs = read_json_or_empty(folder / RECEIPT, {"inputs": dict}).get("inputs", {})
    return bool(inputs.get("weights") == _inputs(runs)["weights"])


def evaluated_by_this_version(folder: Path, runs: Sequence[Run]) -> bool:
    """Whether that evaluation was written by this version.

    Raises DataError if its files are not those that the evaluation has written.
    """
    receipt = folder / RECEIPT
    if read_json_or_empty(receipt).get("inputs") != _inputs(runs):
        return False
    if not files_are_as_written(receipt):
        raise DataError(
            f"{folder}: a file of the evaluation is missing, or was changed",
            "let the evaluate stage write it again",
        )
    return True


def _inputs(runs: Sequence[Run]) -> dict[str, Any]:
    """This version, and the sha256 of each finished member's weights, as its summary has it."""
    members = [member for run in runs for member in run.members]
    return {
        "version": __version__,
        "weights": [member.summary.get("weights_sha256") for member in members],
    }
