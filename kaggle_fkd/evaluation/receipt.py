"""The receipt of an evaluation: the sha256 of its tables and figures, which a report compares."""

from pathlib import Path

from kaggle_fkd import __version__
from kaggle_fkd.errors import DataError
from kaggle_fkd.system.files import read_json_or_empty
from kaggle_fkd.system.receipts import files_are_as_written, write_receipt

RECEIPT = "receipt.json"
"""Its name in the folder of the evaluation."""
INPUTS = {"version": __version__}


def write_evaluation_receipt(folder: Path) -> None:
    """Write the receipt of all files in the folder; FkdError if that fails.

    Pictures in folders of it, and the decisions of a label review, which are made later, are not
    part of it.
    """
    files = sorted(each for each in folder.iterdir() if each.is_file() and each.name != RECEIPT)
    write_receipt(folder / RECEIPT, INPUTS, files)


def evaluated_by_this_version(folder: Path) -> bool:
    """Whether the folder has an evaluation with a receipt of this version.

    Raises DataError if its files are not those that the evaluation has written.
    """
    receipt = folder / RECEIPT
    if read_json_or_empty(receipt).get("inputs") != INPUTS:
        return False
    if not files_are_as_written(receipt):
        raise DataError(
            f"{folder}: a file of the evaluation is missing, or was changed",
            "let the evaluate stage write it again",
        )
    return True
