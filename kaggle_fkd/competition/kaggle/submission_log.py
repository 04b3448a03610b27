"""The log of all submissions that were sent to Kaggle: one CSV row per submission."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from kaggle_fkd.competition.kaggle.score import REF, Score, pixels
from kaggle_fkd.errors import FkdError
from kaggle_fkd.system.files import write_text
from kaggle_fkd.system.lock import locked
from kaggle_fkd.system.reading import open_file

LOG = "log.csv"
"""The log's name in SUBMISSIONS_DIR."""
COLUMNS = ("time", "file", "sha256", "run", "message", "ref", "status", "public", "private")
"""Columns of the log; time in UTC, ref is Kaggle's number, scores are RMSE in pixels."""
SENDING = "sending"
"""Status of a submission whose upload has begun; if it remains, the outcome is unknown."""
SENT = COLUMNS[: COLUMNS.index("ref")]
"""The columns that are known before the upload."""
_IDENTITY = ("time", "file", "sha256")
"""The columns that distinguish submissions without a ref."""

Rows = list[list[str]]


def log_submission(log_file: Path, sent: Mapping[str, str], score: Score | None) -> None:
    """Write the submission's row; `score` is None before the upload, when the status is sending.

    It replaces an earlier row with the same ref, or the row that was written before the upload;
    otherwise it is appended. `sent` holds the columns before ref. Other rows, and cells in columns
    that a person added, are kept. Raises FkdError if the log cannot be read or written.
    """
    cells = {**sent, "ref": "", "status": SENDING, "public": "", "private": ""}
    if score is not None:
        cells |= {"ref": str(score.ref), "status": score.status}
        for half, rmse in (("public", score.public), ("private", score.private)):
            cells[half] = "" if rmse is None else str(rmse)
    _require_utf8(log_file, cells)
    with locked(_lock(log_file)):
        rows = read_log(log_file) or [list(COLUMNS)]
        header = rows[0]
        header.extend(column for column in COLUMNS if column not in header)
        position = _position(rows, cells)
        for row in rows[position : position + 1]:
            cells = {**dict(zip(header, row, strict=False)), **cells}
        rows[position : position + 1] = [[cells.get(column, "") for column in header]]
        _write(log_file, rows)


def forget_submission(log_file: Path, sent: Mapping[str, str]) -> None:
    """Remove the row that was written before an upload which certainly failed."""
    with locked(_lock(log_file)):
        rows = read_log(log_file)
        if rows:
            position = _position(rows, sent)
            del rows[position : position + 1]
            if rows == [list(COLUMNS)]:
                log_file.unlink()
            else:
                _write(log_file, rows)


def logged_submissions(log_file: Path) -> list[dict[str, str]]:
    """The rows by the names of the columns, the oldest first; FkdError for an unreadable log."""
    return _records(read_log(log_file))


def score_in(row: Mapping[str, str]) -> Score | None:
    """What the row tells of a submission that Kaggle has; None if it may not have it.

    It is pending while one of its scores is missing.
    """
    ref = row.get("ref", "")
    if not REF.fullmatch(ref) or row.get("status") == "error":
        return None
    public, private = pixels(row.get("public")), pixels(row.get("private"))
    status = "pending" if public is None or private is None else "complete"
    return Score(int(ref), status, public, private)


def read_log(log_file: Path) -> Rows:
    """Header and rows of the log, without a spreadsheet's BOM; empty without a log.

    Raises FkdError for a log that cannot be read.
    """
    if not log_file.exists():
        return []
    try:
        with io.TextIOWrapper(open_file(log_file), "utf-8-sig", newline="") as lines:
            return [row for row in csv.reader(lines) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FkdError(
            f"{log_file} cannot be read, so nothing can be added to it ({error})",
            "save it as CSV in UTF-8, or move it away: a new log is started",
        ) from error


def sending_lock(log_file: Path) -> Path:
    """The lock of the calls that send what this log is about, one after the other."""
    return log_file.with_name(f".{log_file.name}.sending.lock")


def _lock(log_file: Path) -> Path:
    """The lock of the calls that change the log."""
    return log_file.with_name(f".{log_file.name}.lock")


def _position(rows: Rows, cells: Mapping[str, str]) -> int:
    """Index of the submission's row, header included; the number of rows if it has none."""
    records = _records(rows)
    ref = cells.get("ref")
    for index, record in enumerate(records, 1):
        if ref and record.get("ref") == ref:
            return index
    for index, record in enumerate(records, 1):
        same = all(record.get(column) == cells[column] for column in _IDENTITY)
        if same and record.get("status") == SENDING:
            return index
    return len(rows)


def _records(rows: Rows) -> list[dict[str, str]]:
    """The rows below the header, by the names of the columns."""
    header, *others = rows or [[]]
    return [dict(zip(header, row, strict=False)) for row in others]


def _require_utf8(log_file: Path, cells: Mapping[str, str]) -> None:
    """FkdError for a file name or message that the log cannot hold."""
    for column, cell in cells.items():
        try:
            cell.encode()
        except UnicodeEncodeError:
            raise FkdError(
                f"{log_file} cannot hold the {column} {cell!a}, which is not valid UTF-8",
                "rename the file, or give another message",
            ) from None


def _write(log_file: Path, rows: Rows) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_text(log_file, text.getvalue())
