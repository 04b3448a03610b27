"""Receipts: the inputs from which a result was made, and whether its files are unchanged."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kaggle_fkd.system.files import read_json_or_empty, sha256_of, write_json, writing_to


def write_receipt(
    path: Path, inputs: Mapping[str, Any], files: Iterable[Path], **details: Any
) -> None:
    """Write to `path`, as JSON, that `files` were made from exactly these `inputs`.

    The receipt is written last, when the files are complete: a killed process leaves none. The
    files are in the receipt's folder, or below it, so that the folder can be moved; their sha256
    are recorded under "files". `inputs` and `details`, further entries that are never compared,
    must be valid in JSON. Raises FkdError if the file cannot be written, ValueError for a file
    elsewhere.
    """
    with writing_to(path):
        digests = {file.relative_to(path.parent).as_posix(): sha256_of(file) for file in files}
    write_receipt_before(path, inputs, digests, **details)


def write_receipt_before(
    path: Path, inputs: Mapping[str, Any], digests: Mapping[str, str], **details: Any
) -> None:
    """As `write_receipt`, for files that appear after it: their sha256 by their names.

    Without these files the receipt is ignored, and it is replaced when they are written again.
    """
    write_json(path, {"inputs": dict(inputs), "files": dict(digests), **details})


def is_up_to_date(path: Path, inputs: Mapping[str, Any]) -> bool:
    """True when the receipt at `path` has exactly these inputs and its files are unchanged.

    False for a receipt that is missing or damaged. Reads the files to compare their sha256.
    """
    # Through JSON, as the receipt's inputs were: tuples are lists, keys are strings.
    wanted = json.loads(json.dumps(dict(inputs)))
    return read_json_or_empty(path).get("inputs") == wanted and files_are_as_written(path)


def files_are_as_written(path: Path) -> bool:
    """True when all the files in the receipt at `path`, at least one, have its sha256."""
    digests = read_json_or_empty(path).get("files")
    if not isinstance(digests, dict) or not digests:
        return False
    files = {path.parent / name: digest for name, digest in digests.items()}
    try:
        return all(file.is_file() and sha256_of(file) == each for file, each in files.items())
    except (OSError, ValueError):  # an unreadable file, or an invalid file name
        return False
