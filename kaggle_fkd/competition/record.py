"""Provenance and expected score of a submission, in the record beside it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kaggle_fkd.errors import SubmissionError
from kaggle_fkd.runs.provenance import provenance
from kaggle_fkd.system.files import read_json_or_empty, sha256_of, texts_in
from kaggle_fkd.system.receipts import files_are_as_written, is_up_to_date, write_receipt_before

SAMPLE_PREFIX = "sample-"
"""The names of submissions of sample faces start with this."""


def write_record(
    submission: Path, digest: str, inputs: Mapping[str, Any], made_by: str, sample_faces: bool,
    **details: Any,
) -> None:  # fmt: skip
    """Write SUBMISSION.json, before the submission, whose sha256 will be `digest`.

    If `inputs` are unchanged the submission is reused; `details` are informational. `made_by` names
    the runs or files; `sample_faces` says that the submission must not be uploaded. Raises FkdError
    if the file cannot be written.
    """
    write_receipt_before(
        record_file(submission), inputs, {submission.name: digest}, **provenance(),
        made_by=made_by, sample_faces=sample_faces, **details,
    )  # fmt: skip


def record_file(submission: Path) -> Path:
    """The file of a submission's record."""
    return submission.with_suffix(".json")


def read_record(submission: Path) -> dict[str, Any]:
    """The record of a submission; empty if it is missing or damaged."""
    return read_json_or_empty(record_file(submission))


def is_as_recorded(submission: Path) -> bool:
    """True if the bytes of the submission, whatever it is called now, are those of its record."""
    digests = read_record(submission).get("files")
    return isinstance(digests, dict) and sha256_of(submission) in digests.values()


def doubts_of_networks(submission: Path) -> list[str]:
    """The recorded signs that networks which made the submission have not learnt, in words."""
    return texts_in(read_record(submission).get("doubts_of_networks"))


def submission_name(made_by: str, sample_faces: bool) -> str:
    """The file name of a submission made by these runs or files; that of a sample one says so."""
    return f"{SAMPLE_PREFIX if sample_faces else ''}{made_by}.csv"


def is_sample_submission(submission: Path) -> bool:
    """True if the record or the name of a submission says that it was made from sample faces."""
    recorded = bool(read_record(submission).get("sample_faces"))
    return recorded or submission.name.startswith(SAMPLE_PREFIX)


def earlier_submission(folder: Path, inputs: Mapping[str, Any]) -> Path | None:
    """The newest unmodified submission in the folder that was made from exactly these inputs."""
    for path in _recorded(folder)[::-1]:
        if is_up_to_date(record_file(path), inputs):
            return path
    return None


def newest_submission_by(folder: Path, made_by: str, test_digest: str) -> Path | None:
    """The newest unmodified submission that this run made for exactly these test faces."""
    for path in _recorded(folder)[::-1]:
        record = read_record(path)
        inputs = record.get("inputs")
        fits = isinstance(inputs, dict) and inputs.get("test_hash") == test_digest
        if fits and record.get("made_by") == made_by and files_are_as_written(record_file(path)):
            return path
    return None


def newest_submission(folder: Path) -> Path:
    """The submission that was written last; SubmissionError if there is none."""
    recorded = _recorded(folder)
    if not recorded:
        raise SubmissionError(
            f"{folder}: there is no submission written by this program",
            "write one first (the predict stage), or name a file",
        )
    return recorded[-1]


def _recorded(folder: Path) -> list[Path]:
    """The submissions that have a record, the oldest first."""
    paths = [path for path in folder.glob("*.csv") if path.is_file()]
    recorded = [path for path in paths if record_file(path).is_file()]
    return sorted(recorded, key=lambda path: path.stat().st_mtime)
